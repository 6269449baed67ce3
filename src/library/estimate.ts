import { dryRun } from '../run/dry-run.js';
import { type EvaluateOptions, sessionOptions } from '../run/options.js';
import type { Screen } from '../terminal/screen.js';

/**
 * Returns what an evaluation would ask and cost, as a table or JSON. Nothing is sent and nothing written. Throws `UserError` as `evaluate` would.
 */
export async function estimate(options: EvaluateOptions, json: boolean, screen: Screen): Promise<string> {
  return dryRun(sessionOptions(options), json, screen);
}
