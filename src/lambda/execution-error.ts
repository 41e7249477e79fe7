import { z } from 'zod';
import { EXIT_CODES, LineageError, type Outcome } from '../errors.ts';
import type { errorSchema } from './contracts.ts';

const outcomes = Object.keys(EXIT_CODES).filter((name) => name !== 'ok') as [Outcome, ...Outcome[]];

const thrownSchema = z.object({
  outcome: z.enum(outcomes),
  message: z.string(),
  hint: z.string().optional(),
  details: z.record(z.string(), z.unknown()).default({}),
});

/** The error that a function threw; a timeout, a kill and the like are in the words of Step Functions. */
export function executionError({ Error: name, Cause }: z.infer<typeof errorSchema>): LineageError {
  const { errorMessage } = parsed(z.object({ errorMessage: z.string() }), Cause) ?? { errorMessage: Cause };
  const thrown = parsed(thrownSchema, errorMessage);
  if (thrown === undefined) {
    return new LineageError('unexpected', `${name}: ${errorMessage.slice(0, MESSAGE_LENGTH)}`, {
      hint: 'Look at the execution of the state machine, and at the log of the function that it names.',
      details: { error: name },
    });
  }
  const { outcome, message, hint, details } = thrown;
  return new LineageError(outcome, message, { ...(hint === undefined ? {} : { hint }), details });
}

const MESSAGE_LENGTH = 2_000;

function parsed<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
