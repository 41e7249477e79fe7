import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { answerPage } from '../../src/render/page/answer-page.ts';
import { temporaryDirectory } from '../runs/run-tree.ts';
import { edgeRow, vertexRow, writtenRun } from '../runs/written-run.ts';
import { cliHere } from './in-process.ts';

const ACCOUNT = 'arn:aws:sagemaker:us-east-1:123456789012';
const DATASET = `${ACCOUNT}:artifact/data`;
const JOB = `${ACCOUNT}:experiment-trial-component/job`;
const MODEL = `${ACCOUNT}:artifact/model`;

let run: string;
let folder: string;

beforeAll(async () => {
  folder = await temporaryDirectory();
  const written = await writtenRun({
    vertices: [
      vertexRow('artifact', DATASET, { type: 'DataSet', name: 'data' }),
      vertexRow('trial_component', JOB, { type: 'SageMakerTrainingJob', name: 'job' }),
      vertexRow('artifact', MODEL, { type: 'Model', name: 'model' }),
    ],
    edges: [edgeRow(DATASET, 'ContributedTo', JOB), edgeRow(JOB, 'Produced', MODEL)],
  });
  run = written.directory;
});

/** What the page of a file holds as data. */
async function dataOf(file: string) {
  const html = await readFile(file, 'utf8');
  return JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)?.[1] ?? '');
}

test('view writes one page of both directions, names the file, and says what is in it', async () => {
  const file = join(folder, 'job.html');

  const { exitCode, stdout, stderr } = await cliHere(['view', 'job', '--graph', run, '-o', file]);

  expect({ exitCode, stdout, stderr }).toEqual({
    exitCode: 0,
    stdout: `${file}\n`,
    stderr: `2 entities connected with ${JOB}; complete\n`,
  });
  const data = await dataOf(file);
  expect(data.vertices.map(({ id }: { id: string }) => id)).toEqual([JOB, DATASET, MODEL]);
  expect(data.edges).toEqual([
    [1, 0, 'ContributedTo'],
    [0, 2, 'Produced'],
  ]);
  expect(data.facts).toContainEqual(['Run', expect.stringMatching(/^20260101T/)]);
});

test('view takes the options of a question', async () => {
  const file = join(folder, 'up.html');
  const options = ['--direction', 'upstream', '--depth', '1', '--output', 'json'];

  const { stdout } = await cliHere(['view', MODEL, '--graph', run, '-o', file, ...options]);

  expect(JSON.parse(stdout)).toEqual({ file, complete: false });
  expect(await dataOf(file)).toMatchObject({
    asks: 'What made',
    complete: false,
    incompleteReason: 'there is more beyond depth 1',
  });
});

test('a page that cannot be written is a failure that says where', async () => {
  const file = join(folder, 'no', 'such', 'place.html');

  const { exitCode, stderr } = await cliHere(['view', 'job', '--graph', run, '-o', file]);

  expect(exitCode).toBe(2);
  expect(stderr).toContain(`${file} cannot be written`);
});

test('--output html of a question prints the same kind of page', async () => {
  const { stdout } = await cliHere(['downstream', DATASET, '--graph', run, '--output', 'html']);
  const answer = JSON.parse(
    (await cliHere(['downstream', DATASET, '--graph', run, '--output', 'json'])).stdout,
  );

  expect(stdout).toBe(`${await answerPage(answer)}\n`);
});
