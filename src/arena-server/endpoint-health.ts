/** Endpoints that fail again and again rest for a while: each draw of one costs a participant the wait for its failure. */
import { isFresh } from './kept.js';

const MOST_IN_A_ROW = 3;
const REST_MS = 60_000;

/** The health of all endpoints of this process: after three failures in a row one rests for a minute, after each further one again. */
export class EndpointHealth {
  readonly #failures = new Map<string, { readonly inARow: number; readonly at: number }>();
  constructor(private readonly now: () => number) {}

  failed(model: string): void {
    this.#failures.set(model, { inARow: (this.#failures.get(model)?.inARow ?? 0) + 1, at: this.now() });
  }

  worked(model: string): void {
    this.#failures.delete(model);
  }

  /** Models that are not drawn now. */
  resting(): string[] {
    const now = this.now();
    return [...this.#failures].filter(([, f]) => f.inARow >= MOST_IN_A_ROW && isFresh(f.at, now, REST_MS)).map(([model]) => model);
  }
}
