/** What ends a greedy generation, token by token: the same rules wherever the tokens are computed. */
import type { ModelTokenizer } from '../../models/tokenizer.js';
import type { Answer, GenerateResponse } from '../../types.js';
import type { Counters } from './counters.js';
import { failure, type GenerateItem } from './requests.js';

export interface StopRules {
  readonly tokenizer: ModelTokenizer;
  /** Token ids that end a generation. */
  readonly eos: ReadonlySet<number>;
}

/** One document that is being generated. */
export interface Growing {
  readonly item: GenerateItem;
  readonly tokens: number[];
}

/**
 * Cuts a text before the first occurrence of any stop string.
 */
export function cutAtStop(text: string, until: readonly string[]): string {
  let end = text.length;
  for (const stop of until) {
    const at = text.indexOf(stop);
    if (at >= 0 && at < end) end = at;
  }
  return text.slice(0, end);
}

/**
 * Returns a document that has no token yet.
 */
export function newGrowing(item: GenerateItem): Growing {
  return { item, tokens: [] };
}

/** The numbers of a run are sound when a log-probability that came along is a number. */
function sound(logprob: number | undefined): boolean {
  return logprob !== undefined && !Number.isNaN(logprob);
}

function finish(a: Growing, reason: GenerateResponse['finish'], rules: StopRules, counters: Counters): Answer {
  counters.addSequence([...a.item.ids, ...a.tokens.slice(0, -1)]);
  const written = rules.tokenizer.decode(a.tokens, { skipSpecialTokens: true });
  // A clean-up may take away a blank that a stop string has.
  const text = rules.tokenizer.cleanUp(cutAtStop(written, a.item.until));
  const response: GenerateResponse = {
    kind: 'generate',
    text,
    finish: reason,
    ...(a.item.notes === undefined ? {} : { notes: a.item.notes }),
  };
  return { id: a.item.id, response };
}

/**
 * Takes a document's next token and a log-probability of the same row; returns the answer when it was the last, else null.
 */
export function takeToken(
  a: Growing,
  token: number | undefined,
  logprob: number | undefined,
  rules: StopRules,
  counters: Counters,
): Answer | null {
  if (token === undefined || !sound(logprob)) return failure(a.item.id, 'not a number', 'the model gave no numbers for the next token');
  a.tokens.push(token);
  if (rules.eos.has(token)) return finish(a, 'stop', rules, counters);
  const tail = rules.tokenizer.decode(a.tokens.slice(-a.item.lookback));
  if (a.item.until.some((stop) => tail.includes(stop))) return finish(a, 'stop', rules, counters);
  return a.tokens.length >= a.item.maxNewTokens ? finish(a, 'length', rules, counters) : null;
}
