import { LineageError } from '../errors.ts';
import { scopeKey } from '../graph/scope.ts';
import { under } from '../neptune/s3-uri.ts';
import { takeLease } from '../runs/lease.ts';
import { runId } from '../runs/run-directory.ts';
import { beginEvent, inputSchema, type RunScope } from './contracts.ts';
import { handlerOf } from './handler.ts';
import { SCOPES_FILE } from './merge.ts';
import { saveJson, saveNight, workFolder } from './night.ts';
import { leaseOptions } from './night-sync.ts';

/** Takes the lease for an execution, and writes down what it is to do: its scopes, which the state machine reads in S3. */
export const handler = handlerOf(beginEvent, async ({ execution, startedAt, input: given }, step) => {
  const parsed = inputSchema.safeParse(given);
  if (!parsed.success) throw badInput(parsed.error.issues[0]);
  const input = parsed.data;
  const time = new Date(startedAt);
  const night = { run: input.resume ?? runId(time), holder: execution };
  const lease = await takeLease({
    ...leaseOptions(step, { input }),
    relay: { holder: execution, is: 'begin' },
  });
  try {
    const wanted = input.scopes ?? [{ region: step.deployment.region }];
    const scopes = wanted.map((scope, at): RunScope => ({ ...scope, id: String(at) }));
    assertDistinct(scopes);
    await saveNight(step, { ...night, startedAt: time, input });
    await saveJson(step, night, SCOPES_FILE, scopes);
    const { bucket, key } = under(workFolder(step, night), SCOPES_FILE);
    return { ...night, scopes: scopes.length, list: { bucket, key } };
  } finally {
    await lease.handOn();
  }
});

function badInput(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): LineageError {
  const where = issue?.path.join('.') || '(root)';
  return new LineageError('usage', `The input of the execution is wrong: ${where}: ${issue?.message}.`, {
    hint: 'Without input, the account and Region of the functions are copied; docs/operate.md has the rest.',
    details: { path: where },
  });
}

/** Two that are the same would be one listing twice. */
function assertDistinct(scopes: readonly RunScope[]): void {
  const keys = scopes.map(scopeKey);
  const twice = keys.find((key, at) => keys.indexOf(key) !== at);
  if (twice === undefined) return;
  throw new LineageError('usage', `The scope ${twice} is given twice.`, {
    hint: 'Name each account and Region once.',
  });
}
