/** Asking a backend for a list of requests, with answers kept in a journal: for what is no benchmark of a run. */
import { interrupted } from '../interrupt.js';
import type { Ask, Backend, Request, Response } from '../types.js';
import type { OnAnswer } from './events.js';
import { guard } from './guard.js';
import type { Journal } from './journal.js';

/**
 * Returns the answers to the requests, in their order; equal requests are asked once. What the journal has is not asked again, and every
 * answer is in it before `onAnswer` hears of it. Throws `InterruptedError` when `signal` is aborted (the answers so far are in
 * the journal).
 */
export async function askAll(
  backend: Pick<Backend, 'ask'>,
  requests: readonly Request[],
  journal: Journal | null,
  signal: AbortSignal,
  onAnswer: OnAnswer = () => {},
): Promise<readonly Response[]> {
  const distinct = new Map(requests.map((request) => [JSON.stringify(request), request]));
  const answers = new Map<string, Response>();
  for (const [key, request] of distinct) {
    const stored = journal?.get(request) ?? null;
    if (stored !== null) answers.set(key, guard(request, stored));
  }
  const open = [...distinct].filter(([key]) => !answers.has(key));
  const size = (keys: Iterable<string>): number => [...keys].reduce((sum, key) => sum + key.length, 0);
  const whole = size(distinct.keys());
  let answered = size(answers.keys());
  if (open.length > 0) onAnswer(answers.size, distinct.size, answered / whole);
  const asks = async function* (): AsyncIterable<Ask> {
    for (const [id, [, request]] of open.entries()) yield { id, request };
  };
  for await (const { id, response } of backend.ask(asks(), signal)) {
    const asked = open[id];
    if (asked === undefined) throw new Error(`the backend answered request ${id}, which was not asked`);
    const [key, request] = asked;
    const checked = guard(request, response);
    if (checked.kind !== 'failure') await journal?.put(request, checked);
    answers.set(key, checked);
    answered += key.length;
    onAnswer(answers.size, distinct.size, answered / whole);
  }
  if (signal.aborted) throw interrupted(journal !== null);
  const missing: Response = { kind: 'failure', reason: 'internal', message: 'the backend ended without an answer' };
  return requests.map((request) => answers.get(JSON.stringify(request)) ?? missing);
}
