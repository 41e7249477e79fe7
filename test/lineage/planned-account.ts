import { kindOfArn } from '../../src/graph/arn.ts';
import { describeProjects, exampleEndpoint } from '../../src/sandbox/generator/describe-projects.ts';
import { generateLineage } from '../../src/sandbox/generator/generate-lineage.ts';
import { createReach } from '../../src/sandbox/generator/reach.ts';
import type { ArtifactRecord, EntityRecord, TrialComponentRecord } from '../../src/sandbox/records.ts';
import { arnOfEntity, tell } from '../sandbox/generator/told.ts';

/**
 * A generated account with what its plan says of it. What is upstream of an entity the generator noted while it told its
 * stories (`Reach`); nothing here walks the graph.
 */
export function plannedAccount(options: { entities: number; seed: number; account: string; region: string }) {
  const told = tell(options);
  const plans = [...describeProjects(options)];
  const reach = createReach();
  for (const { source, destination } of plans.flatMap(({ stories }) =>
    stories.flatMap((story) => story.associations),
  ))
    reach.link(source, destination);

  const entities = new Map(told.entities.map((entity) => [arnOfEntity(entity), entity]));
  const foreignTypes = new Map<string, string>();
  for (const { SourceArn, SourceType, DestinationArn, DestinationType } of told.associations) {
    if (SourceType) foreignTypes.set(SourceArn, SourceType);
    if (DestinationType) foreignTypes.set(DestinationArn, DestinationType);
  }
  const all = new Set([
    ...entities.keys(),
    ...told.associations.flatMap((a) => [a.SourceArn, a.DestinationArn]),
  ]);
  const flagship = plans.find(({ endpoints }) =>
    endpoints.some(({ arn }) => arn === exampleEndpoint(options)),
  );
  if (flagship === undefined) throw new Error('The account has no project with endpoints.');

  return {
    told,
    plans,
    flagship,
    entities,
    records: () => generateLineage(options),
    /** Everything upstream, the start itself left out. */
    behind: (arn: string) => [...reach.behind(arn)].filter((other) => other !== arn).sort(),
    /** Everything downstream: what has this behind it. */
    ahead: (arn: string) => [...all].filter((other) => other !== arn && reach.behind(other).has(arn)).sort(),
    /** Of some ARNs those of a kind and type; another account's by what associations say of them. */
    only: (arns: readonly string[], kind: EntityRecord['kind'], type?: string) =>
      arns.filter(
        (arn) =>
          kindOfArn(arn) === kind &&
          (type === undefined || typeOf(entities.get(arn), foreignTypes.get(arn)) === type),
      ),
    artifact: (arn: string) => entities.get(arn) as ArtifactRecord,
    component: (arn: string) => entities.get(arn) as TrialComponentRecord,
    /** ARNs of the trials that a plan's membership puts these components into. */
    trialsOf(components: readonly string[]): readonly string[] {
      const names = new Set(
        components.map((arn) => (entities.get(arn) as TrialComponentRecord).TrialComponentName),
      );
      const trials = new Set(
        told.memberships.filter((m) => names.has(m.TrialComponentName)).map(({ TrialName }) => TrialName),
      );
      return told.entities
        .flatMap((entity) =>
          entity.kind === 'trial' && trials.has(entity.TrialName) ? [entity.TrialArn] : [],
        )
        .sort();
    },
  };
}

function typeOf(entity: EntityRecord | undefined, foreign: string | undefined): string | undefined {
  switch (entity?.kind) {
    case undefined:
      return foreign;
    case 'artifact':
      return entity.ArtifactType;
    case 'action':
      return entity.ActionType;
    case 'context':
      return entity.ContextType;
    case 'trial_component':
      return entity.Source?.SourceType;
    default:
      return undefined;
  }
}
