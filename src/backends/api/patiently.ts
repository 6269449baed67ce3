/** Asking a server for the first time, when nothing is known of it. */
import { InterruptedError, UserError } from '../../errors.js';
import { within } from './clock.js';
import type { Server } from './completion-call.js';
import { LONGEST_TOLD_MS } from './pace.js';
import { Unanswered } from './unanswered.js';

/** Milliseconds for one short prompt, which may have to wait for the model to be loaded. */
const FIRST_PROMPT_MS = 300_000;

/**
 * Runs a request against the clock: `ms` milliseconds, or `--timeout` where that is less. Throws `InterruptedError` when the user stops the program.
 */
export async function limited<T>(
  { tools: { clock, timeoutMs }, signal }: Server,
  ms: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T | 'late'> {
  const value = await within(clock, Math.min(ms, timeoutMs), signal, run);
  if (value === 'stopped') throw interrupted();
  return value;
}

/**
 * Asks with a few tries. Returns the answer, or as a string why there is none. Throws `UserError` when the server is not well.
 */
export async function patiently<T>(server: Server, ask: (server: Server) => Promise<T>): Promise<T | string> {
  const { tools, where, signal } = server;
  for (let tries = 1; ; tries++) {
    try {
      const answer = await limited(server, FIRST_PROMPT_MS, (cut) => ask({ ...server, signal: cut }));
      if (answer !== 'late') return answer;
      throw new UserError(`${where.url} does not answer a short prompt within its time limit; is it the server's address?`);
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error;
      const { outcome, message } = error;
      if (outcome.kind === 'again' && outcome.mended === true) continue;
      if (outcome.kind === 'again' && outcome.reason === 'malformed' && /web page/.test(message)) throw new UserError(message);
      if (outcome.kind === 'failure' || outcome.reason === 'malformed') return message;
      if (tries === 5 || (outcome.unreachable === true && tries === 2)) throw new UserError(`${where.url}: ${message}`);
      const told = outcome.retryAfterMs ?? null;
      await tools.clock.sleep(told === null ? 1000 * 2 ** tries * tools.random() : Math.min(told, LONGEST_TOLD_MS), signal);
      if (signal.aborted) throw interrupted();
    }
  }
}

function interrupted(): InterruptedError {
  return new InterruptedError('interrupted before anything was asked');
}
