import type { z } from 'zod';
import { jointSignal } from '../crawl/joint-signal.ts';
import { LineageError, type Outcome } from '../errors.ts';
import { type Deployment, deployment } from './deployment.ts';

/** What this package uses of the context that Lambda hands to a function. */
export type LambdaContext = { getRemainingTimeInMillis(): number };

/** What a step works with. */
export type Step = {
  readonly deployment: Deployment;
  /** Aborts while there is still time to send what was received, and to say how far it came. */
  readonly timeUp: AbortSignal;
  /** Aborts shortly before the function is killed. */
  readonly signal: AbortSignal;
};

/** Of the time that is left, what is kept for sending what was received. */
const TIME_TO_SEND = { most: 20_000, share: 0.25 };
/** Of that, what is left when the function is killed. */
const SHARE_TO_END = 0.1;

/**
 * A Lambda function: its event is validated, its errors carry the name of their outcome, by which the state machine tells what
 * to repeat.
 */
export function handlerOf<Event extends z.ZodType, Reply>(
  schema: Event,
  act: (event: z.infer<Event>, step: Step) => Promise<Reply>,
): (event: unknown, context: LambdaContext) => Promise<Reply> {
  return async (event, context) => {
    const parsed = schema.safeParse(event);
    if (!parsed.success) throw named(badEvent(parsed.error));
    const left = context.getRemainingTimeInMillis();
    const timers = new AbortController();
    const toSend = Math.min(TIME_TO_SEND.most, left * TIME_TO_SEND.share);
    const timeUp = after(left - toSend, timers.signal);
    const signal = after(left - toSend * SHARE_TO_END, timers.signal);
    try {
      return await act(parsed.data, {
        deployment: deployment(process.env),
        timeUp,
        signal: signal,
      });
    } catch (error) {
      throw named(error);
    } finally {
      timers.abort();
    }
  };
}

/** Aborts after so long, unless it is called off. */
function after(ms: number, off: AbortSignal): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(new DOMException('The time of the function is over.', 'TimeoutError')),
    Math.max(0, ms),
  );
  off.addEventListener('abort', () => clearTimeout(timer), { once: true });
  return jointSignal(controller.signal);
}

/** By these names the state machine tells what to repeat, and what to do. */
const NAMES: Readonly<Record<Outcome, string>> = {
  unexpected: 'Unexpected',
  usage: 'Usage',
  accessDenied: 'Denied',
  partialExport: 'Incomplete',
  loadFailed: 'LoadFailed',
  deleteGuard: 'Refused',
  locked: 'Locked',
  validationFailed: 'Invalid',
  deadline: 'Late',
  interrupted: 'Interrupted',
};

/** The error with a name that a state machine can match, and a message that says what to do. */
function named(error: unknown): Error {
  if (!(error instanceof LineageError)) {
    const unexpected = new Error(String(error), { cause: error });
    unexpected.name = NAMES.unexpected;
    if (error instanceof Error && error.stack !== undefined) unexpected.stack = error.stack;
    return unexpected;
  }
  const { outcome, message, hint, details } = error;
  const told = new Error(
    JSON.stringify({ outcome, message, ...(hint === undefined ? {} : { hint }), details }),
  );
  told.name = isThrottled(error) ? 'Throttled' : NAMES[outcome];
  return told;
}

function isThrottled({ outcome, details }: LineageError): boolean {
  return (
    outcome === 'partialExport' &&
    /throttl|TooManyRequests|RequestLimit|SlowDown/i.test(String(details.error))
  );
}

function badEvent(error: z.ZodError): LineageError {
  const [issue] = error.issues;
  const where = issue?.path.join('.') || '(root)';
  return new LineageError(
    'usage',
    `The event is not what this function takes: ${where}: ${issue?.message}.`,
    {
      cause: error,
      hint: 'Start the state machine with the input that docs/deploy.md describes.',
      details: { path: where },
    },
  );
}
