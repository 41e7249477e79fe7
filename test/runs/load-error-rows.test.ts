import { gzipSync } from 'node:zlib';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LoadErrorRow } from '../../src/neptune/load-report.ts';
import { locateErrorRows } from '../../src/runs/load-error-rows.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts';
import { errorOf } from '../neptune/scripted-server.ts';

const VERTICES = 's3://lineage/x/v.csv';
const EDGES = 's3://lineage/x/e.csv.gz';
const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:artifact';

let sandbox: Sandbox;
let s3: S3Client;

beforeAll(async () => {
  sandbox = await startSandbox({ gremlin: false });
  const { url: endpoint, region, credentials } = sandbox;
  s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  const vertices = [
    '~id,~label,name:String(single)',
    `${ARN}/1,artifact,"two`,
    'lines, one record"',
    '',
    `${ARN}/2,artifact,"a ""quote"""\r`,
    `${ARN}/3,artifact,x,one too many`,
    `${ARN}/4,artifact,last`,
  ];
  const edges = [
    '~id,~from,~to,~label',
    `edge-0001,${ARN}/1,${ARN}/9,Produced`,
    `edge-0002,${ARN}/9,${ARN}/1,Produced`,
    'edge-0003,a,b c,Produced',
  ];
  await put('x/v.csv', `${vertices.join('\n')}\n`);
  await put('x/e.csv.gz', gzipSync(`${edges.join('\n')}\n`));
});

afterAll(async () => {
  s3.destroy();
  await sandbox.close();
});

function put(key: string, body: string | Buffer) {
  return s3.send(new PutObjectCommand({ Bucket: 'lineage', Key: key, Body: body }));
}

function row(file: string | undefined, record: number | undefined, message = ''): LoadErrorRow {
  return { code: 'ANY', message, file, record };
}

/** Line and ids of each row, in their order. */
async function located(...rows: readonly LoadErrorRow[]) {
  return (await locateErrorRows(s3, rows)).map(({ line, ids }) => [line, ids]);
}

test('a numbered record is found by its line, whatever lines its fields and empty lines take', async () => {
  expect(await located(row(VERTICES, 4), row(VERTICES, 1), row(VERTICES, 3), row(VERTICES, 2))).toEqual([
    [7, [`${ARN}/4`]],
    [2, [`${ARN}/1`]],
    [6, [`${ARN}/3`]],
    [5, [`${ARN}/2`]],
  ]);
});

test('an edge without a vertex is found by the ends that its message names, in a compressed file', async () => {
  const message = (from: string, to: string) =>
    `Either from vertex, '${from}', or to vertex, '${to}', is not present.`;

  expect(
    await located(
      row(EDGES, undefined, message(`${ARN}/9`, `${ARN}/1`)),
      row(EDGES, undefined, message('a', 'b c')),
    ),
  ).toEqual([
    [3, [`${ARN}/9`, `${ARN}/1`]],
    [4, ['a', 'b c']],
  ]);
});

test('any other row is found by an id in its message', async () => {
  expect(
    await located(
      row(VERTICES, undefined, `Vertex ${ARN}/3 already has another value of name`),
      row(EDGES, undefined, 'Edge edge-0002: goes elsewhere.'),
    ),
  ).toEqual([
    [6, [`${ARN}/3`]],
    [3, [`${ARN}/9`, `${ARN}/1`]],
  ]);
});

test('what is in no file keeps the ARNs of its message', async () => {
  const rows = [
    row(VERTICES, 99),
    row(VERTICES, undefined, `no trace of '${ARN}/7', nor of ${ARN}/8.`),
    row('s3://lineage/x/gone.csv', 1),
    row('not a URI', 1),
    row(undefined, undefined, 'out of memory'),
  ];

  expect(await locateErrorRows(s3, rows)).toEqual([
    rows[0],
    { ...rows[1], ids: [`${ARN}/7`, `${ARN}/8`] },
    ...rows.slice(2),
  ]);
});

test('the lines before a quote that never closes are found all the same', async () => {
  await put('x/broken.csv', `~id,name\n${ARN}/1,x\n${ARN}/2,"never\n${ARN}/3,x\n`);

  expect((await located(row('s3://lineage/x/broken.csv', 1)))[0]?.[1]).toEqual([`${ARN}/1`]);
});

test('an interruption is not taken for a file that cannot be read', async () => {
  expect(await errorOf(locateErrorRows(s3, [row(VERTICES, 1)], AbortSignal.abort()))).toMatchObject({
    outcome: 'interrupted',
  });
});
