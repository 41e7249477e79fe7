import { formatS3Uri } from '../neptune/s3-uri.ts';
import { assertChecked, checkRun } from '../runs/check.ts';
import { nightSchema } from './contracts.ts';
import { handlerOf } from './handler.ts';
import { runFolder } from './night.ts';

/** Checks the files of the run against the loader's rules, and each with its SHA-256. */
export const handler = handlerOf(nightSchema, async (event, step) => {
  const { deployment, signal } = step;
  const source = formatS3Uri(runFolder(step, event));
  assertChecked(await checkRun({ source, s3: deployment.s3, signal }));
  return { run: event.run, holder: event.holder };
});
