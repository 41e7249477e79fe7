import type { GeneratorOptions } from '../../../src/sandbox/generator/account.ts';
import { generateLineage } from '../../../src/sandbox/generator/generate-lineage.ts';
import type { AssociationRecord, EntityRecord, MembershipRecord } from '../../../src/sandbox/records.ts';

/** A generated account, sorted into its parts for a test to look at. */
export type Told = {
  readonly entities: readonly EntityRecord[];
  readonly associations: readonly AssociationRecord[];
  readonly memberships: readonly MembershipRecord[];
};

export function tell(options: GeneratorOptions): Told {
  const told = {
    entities: [] as EntityRecord[],
    associations: [] as AssociationRecord[],
    memberships: [] as MembershipRecord[],
  };
  for (const record of generateLineage(options)) {
    if (record.kind === 'association') told.associations.push(record);
    else if (record.kind === 'membership') told.memberships.push(record);
    else told.entities.push(record);
  }
  return told;
}

export function ofKind<K extends EntityRecord['kind']>(
  { entities }: Told,
  kind: K,
): Extract<EntityRecord, { kind: K }>[] {
  return entities.filter((entity): entity is Extract<EntityRecord, { kind: K }> => entity.kind === kind);
}

export function arnOfEntity(entity: EntityRecord): string {
  switch (entity.kind) {
    case 'artifact':
      return entity.ArtifactArn;
    case 'action':
      return entity.ActionArn;
    case 'context':
      return entity.ContextArn;
    case 'experiment':
      return entity.ExperimentArn;
    case 'trial':
      return entity.TrialArn;
    case 'trial_component':
      return entity.TrialComponentArn;
  }
}

export function nameOfEntity(entity: EntityRecord): string | undefined {
  switch (entity.kind) {
    case 'artifact':
      return entity.ArtifactName;
    case 'action':
      return entity.ActionName;
    case 'context':
      return entity.ContextName;
    case 'experiment':
      return entity.ExperimentName;
    case 'trial':
      return entity.TrialName;
    case 'trial_component':
      return entity.TrialComponentName;
  }
}

/** Everything from which the start can be reached, by plain breadth-first search; the start only where a cycle leads back. */
export function ancestorsOf(
  associations: readonly { readonly from: string; readonly to: string }[],
): (start: string) => Map<string, number> {
  const into = new Map<string, string[]>();
  for (const { from, to } of associations) {
    const sources = into.get(to);
    if (sources === undefined) into.set(to, [from]);
    else sources.push(from);
  }
  return (start) => {
    const depths = new Map<string, number>();
    let level = [start];
    for (let depth = 1; level.length > 0; depth += 1) {
      const next = level.flatMap((arn) => into.get(arn) ?? []).filter((arn) => !depths.has(arn));
      level = [...new Set(next)];
      for (const arn of level) depths.set(arn, depth);
    }
    return depths;
  };
}
