import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

/* What nobody can run here: that it is well formed, may do little, and names files and scripts that are there. */

const ROOT = new URL('../../', import.meta.url);
const FOLDER = new URL('.github/workflows/', ROOT);

type Workflow = {
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly 'timeout-minutes'?: number;
        readonly permissions?: Readonly<Record<string, string>>;
        readonly steps: readonly { readonly uses?: string; readonly run?: string; readonly with?: object }[];
      }
    >
  >;
};

test.each(readdirSync(FOLDER))('%s may read, and write nothing but what one job says', (file) => {
  const { permissions, jobs } = workflow(file);
  const written = Object.entries(jobs).flatMap(([name, job]) =>
    Object.entries(job.permissions ?? {})
      .filter(([, access]) => access === 'write')
      .map(([scope]) => `${name}: ${scope}`),
  );

  expect(permissions).toEqual({ contents: 'read' });
  expect(written).toEqual(file === 'release.yml' ? ['publish: id-token'] : []);
});

test.each(readdirSync(FOLDER))('the jobs of %s end in time, and run what is there', (file) => {
  const { jobs } = workflow(file);
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const runs = steps.flatMap(({ run = '' }) => run);

  expect(Object.values(jobs).filter((job) => job['timeout-minutes'] === undefined)).toEqual([]);
  expect(runs.filter((run) => run.startsWith('.ci/') && !existsSync(new URL(run, ROOT)))).toEqual([]);
  expect(
    runs
      .flatMap((run) => /^npm run (\S+)/.exec(run)?.[1] ?? [])
      .filter((name) => scripts[name] === undefined),
  ).toEqual([]);
  // Only actions of GitHub's own, by major version: what is pinned by a digest is pinned by whoever knows it.
  expect(
    steps.flatMap(({ uses = [] }) => uses).filter((name) => !/^actions\/[\w-]+@v\d+$/.test(name)),
  ).toEqual([]);
});

function workflow(file: string): Workflow {
  return parse(readFileSync(new URL(file, FOLDER), 'utf8'));
}
