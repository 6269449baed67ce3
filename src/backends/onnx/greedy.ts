/** How a generation goes on and what ends it, token by token: the same rules wherever the tokens are computed. */
import { at } from '../../at.js';
import type { ModelTokenizer } from '../../models/tokenizer.js';
import { cutAtStop, cutBehindThought, findThought, openingOf } from '../../thought.js';
import type { Answer, GenerateResponse } from '../../types.js';
import type { Counters } from './counters.js';
import type { RunResult } from './protocol.js';
import { failure, type GenerateItem } from './requests.js';
import { newDrawer, rowPairs, type TokenDrawer } from './sample.js';

export interface StopRules {
  readonly tokenizer: ModelTokenizer;
  /** Token ids that end a generation. */
  readonly eos: ReadonlySet<number>;
}

/** One document that is being generated. */
export interface Growing {
  readonly item: GenerateItem;
  readonly tokens: number[];
  /** Null: the likeliest token each time. */
  readonly drawer: TokenDrawer | null;
}

/**
 * Returns a document that has no token yet.
 */
export function newGrowing(item: GenerateItem): Growing {
  return { item, tokens: [], drawer: item.draws === undefined ? null : newDrawer(item.draws) };
}

/** What follows a document's last token. */
export interface NextToken {
  /** Undefined where the run gave none. */
  readonly token: number | undefined;
  /** Of some token of the same row: no number where the row is not sound. */
  readonly logprob: number | undefined;
}

/**
 * Returns what a run is asked for (`pairs`), so that the next token of each document is known from the row that is its last one, and what reads these tokens from its result: the likeliest
 * ones, or drawn from all tokens of the row.
 */
export function nextTokens(ends: readonly { readonly document: Growing; readonly row: number }[]): {
  pairs: Int32Array;
  next(result: Pick<RunResult, 'greedy' | 'logprobs'>): readonly NextToken[];
} {
  // Where the likeliest is taken, the log-probability of some token comes along and shows whether the numbers are sound.
  const { pairs, starts } = rowPairs(ends.map(({ document, row }) => ({ row, tokens: document.drawer?.vocabulary ?? 1 })));
  return {
    pairs,
    next: ({ greedy, logprobs }) =>
      ends.map(({ document: { drawer }, row }, i) => {
        const start = at(starts, i);
        const token = drawer === null ? greedy[row] : drawer.draw(logprobs.subarray(start, start + drawer.vocabulary));
        return { token, logprob: logprobs[start] };
      }),
  };
}

/** The numbers of a run are sound when a log-probability that came along is a number. */
function sound(logprob: number | undefined): boolean {
  return logprob !== undefined && !Number.isNaN(logprob);
}

function finish(a: Growing, reason: GenerateResponse['finish'], rules: StopRules, counters: Counters): Answer {
  counters.addSequence([...a.item.ids, ...a.tokens.slice(0, -1)]);
  const { until, thought } = a.item;
  const cut = cutBehindThought(textOf(a, rules.tokenizer), until, thought?.rule, thought?.begun ?? false);
  // A clean-up may take away a blank that a stop string has.
  const text = rules.tokenizer.cleanUp(cut.text);
  const response: GenerateResponse = {
    kind: 'generate',
    text,
    // Where a thought was awaited and none came, the stop string shows only now.
    finish: thought !== undefined && cut.found ? 'stop' : reason,
    ...(a.item.notes === undefined ? {} : { notes: a.item.notes }),
  };
  return { id: a.item.id, response };
}

/** The text so far without special tokens, except those that mark a thought. */
function textOf({ item, tokens }: Growing, tokenizer: ModelTokenizer): string {
  const plain = tokenizer.decode(tokens, { skipSpecialTokens: true });
  if (item.thought === undefined) return plain;
  const { mark } = item.thought.rule;
  const marks = [mark, openingOf(mark)].filter((text) => text !== null);
  const whole = tokenizer.decode(tokens);
  if (marks.every((text) => whole.includes(text) === plain.includes(text))) return plain;
  const parts: string[] = [];
  let from = 0;
  for (const [i, token] of tokens.entries()) {
    const own = marks.find((text) => tokenizer.decode([token]).trim() === text);
    if (own === undefined) continue;
    parts.push(tokenizer.decode(tokens.slice(from, i), { skipSpecialTokens: true }), own);
    from = i + 1;
  }
  return [...parts, tokenizer.decode(tokens.slice(from), { skipSpecialTokens: true })].join('');
}

/** Whether a stop string that has just appeared ends the generation: inside a thought it does not. */
function isStop({ item, tokens }: Growing, tail: string, tokenizer: ModelTokenizer): boolean {
  const { until, thought } = item;
  if (thought === undefined) return true;
  if (thought.end !== null && tail.includes(thought.end)) return true;
  const text = tokenizer.decode(tokens);
  const found = findThought(text, thought.rule, thought.begun);
  if (found.kind === 'ended') return cutAtStop(text.slice(found.end), until).found;
  return found.kind === 'none' && !thought.rule.awaited;
}

/**
 * Takes a document's next token and a log-probability of the same row; returns the answer when it was the last, else null.
 */
export function takeToken(a: Growing, { token, logprob }: NextToken, rules: StopRules, counters: Counters): Answer | null {
  if (token === undefined || !sound(logprob)) return failure(a.item.id, 'not a number', 'the model gave no numbers for the next token');
  a.tokens.push(token);
  if (rules.eos.has(token)) return finish(a, 'stop', rules, counters);
  const tail = rules.tokenizer.decode(a.tokens.slice(-a.item.lookback));
  if (a.item.until.some((stop) => tail.includes(stop)) && isStop(a, tail, rules.tokenizer)) return finish(a, 'stop', rules, counters);
  return a.tokens.length >= a.item.maxNewTokens ? finish(a, 'length', rules, counters) : null;
}
