import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { chance, isDue, WHEN } from '../fault-rule.ts';
import type { FeedHook } from './load-job.ts';
import { isFinalName, LOAD_ERROR_CODES } from './load-status.ts';

const milliseconds = z.int().nonnegative();

/** How the files of a load job fare. `at`, `every`, `probability` and `times` count jobs, in the order that they run. */
export const loadRuleSchema = z
  .strictObject({
    ...WHEN,
    /** Files whose URI contains this; all without it. */
    file: z.string().min(1).optional(),
    /**
     * A status that ends a file is what becomes of it, unread. Any other (a running one, or one that no documentation
     * knows) is what the job is called for `milliseconds`, or until it is cancelled, before the file is read.
     */
    status: z
      .string()
      .regex(/^LOAD_[A-Z0-9_]+$/, 'is not the form of a status: LOAD_…')
      .optional(),
    /** The file is not read, and this stands in the error log. Without `status` the file ends as LOAD_FAILED. */
    errorCode: z
      .string()
      .regex(/^[A-Z0-9_]+$/, `is not the form of a code: ${LOAD_ERROR_CODES[0]}`)
      .optional(),
    /** Rows of the error log. @default 1 */
    errors: z.int().min(1).optional(),
    /** How long the status lasts; without a status, how late the file is read. */
    milliseconds: milliseconds.optional(),
    /** The engine restarts before the file is read: for so many milliseconds it refuses every request. */
    restart: milliseconds.optional(),
  })
  .refine(({ errors, errorCode }) => errors === undefined || errorCode !== undefined, {
    path: ['errors'],
    error: 'needs an `errorCode`',
  });

type LoadRule = z.infer<typeof loadRuleSchema>;

export type LoadFaultPlan = {
  readonly seed?: number | undefined;
  readonly loads?: readonly LoadRule[] | undefined;
};

/** Takes the cluster away for so many milliseconds. */
export type Outage = (milliseconds: number) => void;

/** The faults of a plan as what the loader asks before each file. The first due rule that means the file plays. */
export function loadFaults({ seed = 0, loads = [] }: LoadFaultPlan, outage: Outage): FeedHook {
  const counters = loads.map(() => ({ played: 0 }));
  const dueByJob = new Map<string, readonly LoadRule[]>();

  /** Decided once for a job, when its first file is due. */
  function rulesOf(loadId: string): readonly LoadRule[] {
    const known = dueByJob.get(loadId);
    if (known !== undefined) return known;
    const nth = dueByJob.size + 1;
    const due = loads.filter((rule, index) => {
      const counter = counters[index];
      if (counter === undefined || counter.played >= (rule.times ?? Number.POSITIVE_INFINITY)) return false;
      if (!isDue(rule, nth) || chance(`${seed} load ${index} ${nth}`) >= (rule.probability ?? 1))
        return false;
      counter.played += 1;
      return true;
    });
    dueByJob.set(loadId, due);
    return due;
  }

  return async ({ loadId, fileName, signal, show }) => {
    const rule = rulesOf(loadId).find(({ file }) => file === undefined || fileName.includes(file));
    if (rule === undefined) return undefined;
    const { status, errorCode, errors, restart } = rule;
    if (restart !== undefined) {
      outage(restart);
      await wait(restart, undefined, { signal });
    }
    if (status !== undefined && !isFinalName(status)) {
      show(status);
      await (rule.milliseconds === undefined
        ? aborted(signal)
        : wait(rule.milliseconds, undefined, { signal }));
      show(undefined);
    } else if (rule.milliseconds !== undefined) {
      await wait(rule.milliseconds, undefined, { signal });
    }
    const ending = status !== undefined && isFinalName(status) ? status : undefined;
    if (ending === undefined && errorCode === undefined) return undefined;
    return {
      status: ending ?? 'LOAD_FAILED',
      ...(errorCode === undefined ? {} : { errorCode }),
      ...(errors === undefined ? {} : { errors }),
    };
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}
