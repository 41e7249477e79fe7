import { LineageError } from '../errors.ts';

/** An error of a call about sharing, as one that the user can act on. @param what the operation and its subject */
export function sharingError(error: unknown, what: string, signal?: AbortSignal): unknown {
  if (error instanceof LineageError || !(error instanceof Error)) return error;
  if (signal?.aborted === true) {
    return new LineageError('interrupted', `${what} was stopped before its end.`, { cause: error });
  }
  const isDenied = error.name.startsWith('AccessDenied');
  return new LineageError(
    isDenied ? 'accessDenied' : 'unexpected',
    `${what} failed: ${error.name}: ${error.message}`,
    {
      cause: error,
      hint: isDenied
        ? 'Allow the action in the policy of the caller: docs/permissions.md lists them.'
        : 'Check the Region and the account ids, and run the command again.',
      details: { error: error.name },
    },
  );
}
