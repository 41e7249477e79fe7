import type { Sample, SampleEntity } from '../runs/sample-workflow.ts';

/**
 * The contexts, actions and artifacts of an account as the sandbox's generator makes it up, and the associations between
 * them: experiments and jobs cannot be created and deleted without a trace.
 *
 * @param entities how many, before those of other kinds are left out
 */
export async function generatedSample(id: string, entities: number): Promise<Sample> {
  const { sampleSuffix } = await import('../runs/sample-workflow.ts');
  const { generateLineage } = await import('../sandbox/generator/generate-lineage.ts');
  const chosen: SampleEntity[] = [];
  const associations: { from: string; to: string; type?: Sample['associations'][number]['type'] }[] = [];
  for (const record of generateLineage({ entities, seed: 1 })) {
    if (record.kind === 'association') {
      associations.push({ from: record.SourceArn, to: record.DestinationArn, type: record.AssociationType });
    } else if (record.kind === 'context') {
      chosen.push(entity('context', record.ContextArn, record.ContextType, record.Source.SourceUri));
    } else if (record.kind === 'action') {
      chosen.push(entity('action', record.ActionArn, record.ActionType, record.Source.SourceUri));
    } else if (record.kind === 'artifact') {
      chosen.push(entity('artifact', record.ArtifactArn, record.ArtifactType, record.Source.SourceUri));
    }
  }
  const keys = new Set(chosen.map(({ key }) => key));
  return {
    id,
    entities: chosen,
    associations: associations.filter(({ from, to }) => keys.has(from) && keys.has(to)),
  };

  function entity(kind: SampleEntity['kind'], key: string, type: string, uri: string): SampleEntity {
    const name = `${kind}-${chosen.length + 1}${sampleSuffix(id)}`;
    // A source URI has one artifact, and 2,048 characters at most (CreateArtifact API page).
    const end = `#sample-${id}-${chosen.length + 1}`;
    return { kind, key, name, type, sourceUri: `${uri.slice(0, 2_048 - end.length)}${end}` };
  }
}
