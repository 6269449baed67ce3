/** At most so many requests a minute from one place. */
import { RequestError } from './request-error.js';

/** Places remembered at once; beyond that the oldest are forgotten, so that no flood of addresses fills the memory. */
const MOST_PLACES = 100_000;

/** A limit as a bucket: so many requests at once, refilled evenly over a minute. */
export class RateLimit {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  constructor(
    private readonly perMinute: number,
    private readonly now: () => number,
  ) {}

  /** Lets a request from this place through, or throws `RequestError` with the seconds until one is; `what` is asked for too often. */
  take(place: string, what: string): void {
    const { perMinute } = this;
    const time = this.now();
    const bucket = this.#buckets.get(place) ?? { tokens: perMinute, at: time };
    // A clock that is set back must not lock anybody out.
    bucket.tokens = Math.min(perMinute, bucket.tokens + (Math.max(0, time - bucket.at) * perMinute) / 60_000);
    bucket.at = time;
    // Put in again: a map keeps the order, and the first is the oldest.
    this.#buckets.delete(place);
    this.#buckets.set(place, bucket);
    const [oldest = place] = this.#buckets.keys();
    if (this.#buckets.size > MOST_PLACES) this.#buckets.delete(oldest);
    if (bucket.tokens < 1) throw new RequestError('slow-down', what, Math.max(1, Math.ceil(((1 - bucket.tokens) * 60) / perMinute)));
    bucket.tokens--;
  }
}
