/** Endpoints that fail again and again rest for a while: each draw of one costs a participant the wait for its failure. */

import { isFresh } from './fresh.js';

const MOST_IN_A_ROW = 3;
const REST_MS = 60_000;

export interface EndpointHealth {
  failed(model: string): void;
  worked(model: string): void;
  /** Models that are not drawn now. */
  resting(): string[];
}

/**
 * Returns the health of all endpoints of this process: after three failures in a row one rests for a minute, after each further one again.
 */
export function endpointHealth(now: () => number): EndpointHealth {
  const failures = new Map<string, { inARow: number; at: number }>();
  return {
    failed: (model) => void failures.set(model, { inARow: (failures.get(model)?.inARow ?? 0) + 1, at: now() }),
    worked: (model) => void failures.delete(model),
    resting: () => [...failures].filter(([, f]) => f.inARow >= MOST_IN_A_ROW && isFresh(f.at, now(), REST_MS)).map(([model]) => model),
  };
}
