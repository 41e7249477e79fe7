/** Whether a request may pass now. */
export type RateLimit = (operation: string, now: number) => boolean;

type RateOptions = {
  readonly ratePerSecond: number;
  /** Requests that may come at once after a rest. @default one second's worth */
  readonly burst?: number;
};

/** A token bucket for each operation; a request that finds it empty takes nothing from it. */
export function createRateLimit({
  ratePerSecond,
  burst = Math.max(1, ratePerSecond),
}: RateOptions): RateLimit {
  const buckets = new Map<string, { tokens: number; filledAt: number }>();

  return (operation, now) => {
    const bucket = buckets.get(operation) ?? { tokens: burst, filledAt: now };
    buckets.set(operation, bucket);
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.filledAt) / 1000) * ratePerSecond);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}
