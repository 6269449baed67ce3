/** At most so many requests a minute from one place. */

/** Places remembered at once; beyond that the oldest are forgotten, so that no flood of addresses fills the memory. */
const MOST_PLACES = 100_000;

/** Lets requests through or says how long to wait. */
export interface RateLimit {
  /** Returns 0, or the seconds until a request from this place is let through. */
  take(place: string): number;
}

/**
 * Returns a limit as a bucket: `perMinute` at once, refilled evenly over a minute.
 */
export function rateLimit(perMinute: number, now: () => number): RateLimit {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(place) {
      const time = now();
      const bucket = buckets.get(place) ?? { tokens: perMinute, at: time };
      // A clock that is set back must not lock anybody out.
      bucket.tokens = Math.min(perMinute, bucket.tokens + (Math.max(0, time - bucket.at) * perMinute) / 60_000);
      bucket.at = time;
      // Put in again: a map keeps the order, and the first is the oldest.
      buckets.delete(place);
      buckets.set(place, bucket);
      if (buckets.size > MOST_PLACES) {
        const [oldest] = buckets.keys();
        if (oldest !== undefined) buckets.delete(oldest);
      }
      if (bucket.tokens < 1) return Math.max(1, Math.ceil(((1 - bucket.tokens) * 60) / perMinute));
      bucket.tokens--;
      return 0;
    },
  };
}
