import { expect, test } from 'vitest';
import { artifactRow } from '../../src/crawl/artifacts.ts';
import { associationRow } from '../../src/crawl/associations.ts';
import { storableEdge, storableVertex } from '../../src/crawl/storable-row.ts';
import { edgeId } from '../../src/graph/ids.ts';

const origin = { operation: 'ListArtifacts', page: 1, position: 1, requestId: undefined } as const;
const CreationTime = new Date(1_000);

test('a row that Neptune can hold is given back as it is', () => {
  const vertex = artifactRow({ ArtifactArn: 'arn', CreationTime, ArtifactName: '\ud83d\ude00 name' }, origin);
  const edge = associationRow({ SourceArn: 'a', DestinationArn: 'b', CreationTime }, origin);

  expect(storableVertex(vertex)).toEqual({ row: vertex, altered: 0 });
  expect(storableVertex(vertex).row).toBe(vertex);
  expect(storableEdge(edge).row).toBe(edge);
});

test('each text of a vertex that Neptune cannot hold is altered and counted', () => {
  const vertex = artifactRow(
    { ArtifactArn: 'a\0rn', CreationTime, ArtifactName: 'x\ud83d', ArtifactType: 'fine' },
    origin,
  );

  expect(storableVertex(vertex)).toEqual({
    row: {
      ...vertex,
      id: 'a\ufffdrn',
      cells: { ...vertex.cells, arn: 'a\ufffdrn', name: 'x\ufffd' },
    },
    altered: 3,
  });
});

test('an edge whose end is altered takes the id of the altered end', () => {
  const edge = associationRow(
    { SourceArn: 'a\0', DestinationArn: 'b', CreationTime, SourceName: '\0' },
    origin,
  );

  expect(storableEdge(edge)).toEqual({
    row: {
      ...edge,
      id: edgeId('a\ufffd', 'Untyped', 'b'),
      from: 'a\ufffd',
      cells: { ...edge.cells, sourcename: '\ufffd' },
    },
    altered: 2,
  });
});

test('an edge with an altered cell alone keeps its id', () => {
  const edge = associationRow(
    { SourceArn: 'a', DestinationArn: 'b', CreationTime, SourceName: '\0' },
    origin,
  );

  expect(storableEdge(edge).row.id).toBe(edge.id);
  expect(storableEdge(edge).altered).toBe(1);
});
