import { LineageError } from '../errors.ts';

type Doing = {
  /** `loading s3://…` */
  readonly doing: string;
  /** What the reader should do next. */
  readonly hint: string;
  readonly signal: AbortSignal | undefined;
};

/** @throws LineageError (interrupted) where the signal fired and `act` fails of it; otherwise what `act` throws. */
export async function orInterrupted<Result>(
  { doing, hint, signal }: Doing,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof LineageError || !signal?.aborted) throw error;
    throw new LineageError('interrupted', `Interrupted while ${doing}.`, { cause: error, hint });
  }
}
