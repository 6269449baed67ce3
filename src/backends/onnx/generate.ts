/**
 * Greedy generation for several documents at a time. Prompts are computed on the stack, where they share what they can; then each is copied into a slot, a cache
 * of its own, and every step puts one token into each slot.
 */
import type { ModelTokenizer } from '../../models/tokenizer.js';
import type { Answer, GenerateResponse } from '../../types.js';
import type { Counters } from './counters.js';
import type { StepMessage } from './protocol.js';
import { failure, type GenerateItem } from './requests.js';
import { OutOfMemoryError, type Session } from './session.js';
import { choosePath, type Known, type Limits, planBatch, type Where } from './stack.js';

export interface GenerateLimits extends Limits {
  /** Documents generated at the same time. */
  readonly documents: number;
  /** Tokens in all slots together at most; one document is always admitted. */
  readonly slotTokens: number;
}

export interface StopRules {
  readonly tokenizer: ModelTokenizer;
  /** Token ids that end a generation. */
  readonly eos: ReadonlySet<number>;
}

/** One document that is being generated; its index in the list of active ones is its slot. */
interface Active {
  readonly item: GenerateItem;
  readonly tokens: number[];
  /** Tokens at the end whose text may hold a stop string. */
  readonly lookback: number;
}

/** Slots grow in steps of so many positions. */
const SLOT_STEP = 64;

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

/** The numbers of a run are sound when a log-probability that came along is a number. */
function sound(logprob: number | undefined): boolean {
  return logprob !== undefined && !Number.isNaN(logprob);
}

/**
 * Generates until `next` has no more documents and all are done; yields answers as they are finished. `next(n)` hands out up to n documents that wait, neighbours
 * in the sorted order. Ends early when `stopped()`.
 */
export async function* generateAll(
  session: Session,
  limits: GenerateLimits,
  window: number | null,
  rules: StopRules,
  counters: Counters,
  ensurePositions: (positions: number) => void,
  next: (count: number) => GenerateItem[],
  stopped: () => boolean,
): AsyncGenerator<Answer> {
  let documents = limits.documents;
  let active: Active[] = [];
  let known: readonly Known[] = [];
  let capacity = 0;
  const retry: GenerateItem[] = [];

  const finish = (a: Active, reason: GenerateResponse['finish']): Answer => {
    counters.addSequence([...a.item.ids, ...a.tokens.slice(0, -1)]);
    const text = cutAtStop(rules.tokenizer.decode(a.tokens, { skipSpecialTokens: true }), a.item.until);
    const response: GenerateResponse = {
      kind: 'generate',
      text,
      finish: reason,
      ...(a.item.notes === undefined ? {} : { notes: a.item.notes }),
    };
    return { id: a.item.id, response };
  };

  /** Takes a new token; returns the answer when it was the last. */
  const push = (a: Active, token: number | undefined, logprob: number | undefined): Answer | null => {
    if (token === undefined || !sound(logprob)) return failure(a.item.id, 'not a number', 'the model gave no numbers for the next token');
    a.tokens.push(token);
    if (rules.eos.has(token)) return finish(a, 'stop');
    const tail = rules.tokenizer.decode(a.tokens.slice(-a.lookback));
    if (a.item.until.some((stop) => tail.includes(stop))) return finish(a, 'stop');
    return a.tokens.length >= a.item.maxNewTokens ? finish(a, 'length') : null;
  };

  /** Documents that have room beside the active ones. */
  const admit = (): GenerateItem[] => {
    const items: GenerateItem[] = [];
    while (active.length + items.length < documents) {
      const [item] = retry.length > 0 ? retry.splice(0, 1) : next(1);
      if (item === undefined) break;
      const needed = Math.max(capacity, Math.ceil((item.tokens + item.maxNewTokens) / SLOT_STEP) * SLOT_STEP);
      const all = active.length + items.length + 1;
      if (all > 1 && all * needed > limits.slotTokens) {
        retry.push(item);
        break;
      }
      capacity = needed;
      items.push(item);
    }
    return items;
  };

  /** Computes prompts on the stack; returns each one's place and first token. */
  const prefill = async (
    items: readonly GenerateItem[],
  ): Promise<{ where: Where; token: number | undefined; logprob: number | undefined }[]> => {
    // Only the last row of a prompt is wanted, so it must not lie in what is kept; the target's log-probability shows whether the numbers are sound.
    const sequences = items.map((item) => ({ ids: item.ids, targets: [0] }));
    const { path, moves } = choosePath(known, items[0]?.ids ?? [], Math.min(...items.map((item) => item.ids.length - 1)));
    const plan = planBatch(path.ids.length, [path], sequences, limits);
    ensurePositions(Math.max(path.ids.length + plan.tokens, ...items.map((item) => item.tokens + item.maxNewTokens)));
    const out = plan.where.map((where): { where: Where; token: number | undefined; logprob: number | undefined } => ({
      where,
      token: undefined,
      logprob: undefined,
    }));
    for (const [i, run] of plan.runs.entries()) {
      const { wanted, ...message } = run;
      const result = await session.run({ ...message, window, moves: i === 0 ? moves : [] });
      counters.addRun(run.ids.length, run.rows.length, result.seconds);
      wanted.forEach((w, k) => {
        const entry = out[w.sequence];
        if (entry === undefined) return;
        entry.token = result.greedy[run.pairs[2 * k] ?? 0];
        entry.logprob = result.logprobs[k];
      });
    }
    known = [path, ...items.map((item, i) => ({ ids: item.ids, where: plan.where[i] ?? [] }))];
    return out;
  };

  while (!stopped()) {
    const incoming = admit();
    if (incoming.length === 0 && active.length === 0) return;
    try {
      const places: { slot: number; ranges: Where }[] = [];
      if (incoming.length > 0) {
        const firsts = await prefill(incoming);
        for (const [i, item] of incoming.entries()) {
          const lookback = Math.max(1, ...item.until.map((stop) => rules.tokenizer.encode(stop).length)) + 2;
          const a: Active = { item, tokens: [], lookback };
          const answer = push(a, firsts[i]?.token, firsts[i]?.logprob);
          if (answer !== null) yield answer;
          else {
            places.push({ slot: active.length, ranges: firsts[i]?.where ?? [] });
            active.push(a);
          }
        }
      }
      if (active.length === 0 || stopped()) continue;
      let moves: StepMessage['moves'] = [];
      do {
        const ids = Int32Array.from(active, (a) => a.tokens[a.tokens.length - 1] ?? 0);
        const lengths = Int32Array.from(active, (a) => a.item.ids.length + a.tokens.length - 1);
        const result = await session.step({ ids, lengths, window, capacity, moves, places: places.splice(0) });
        counters.addRun(ids.length, ids.length, result.seconds);
        const answers: Answer[] = [];
        const done = active.map((a, b) => {
          const answer = push(a, result.greedy[b], result.logprobs[b]);
          if (answer !== null) answers.push(answer);
          return answer !== null;
        });
        [active, moves] = closeGaps(active, done);
        yield* answers;
        // Slots that were freed are filled after the next step has moved the others.
      } while (moves.length > 0 && active.length > 0 && !stopped());
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      counters.outOfMemory++;
      const waiting = [...active.map((a) => a.item), ...incoming.filter((item) => !active.some((a) => a.item === item))];
      if (waiting.length === 1 && documents === 1) for (const item of waiting) yield failure(item.id, 'out of memory', error.message);
      else retry.push(...waiting);
      documents = Math.max(1, documents >> 1);
      [active, known, capacity] = [[], [], 0];
    }
  }
}

/**
 * Fills the places of finished documents with the last ones. Returns who is active, in the order of slots, and the moves that the slots must make.
 */
export function closeGaps<T>(active: readonly T[], done: readonly boolean[]): [T[], { from: number; to: number }[]] {
  const slots = active.map((a, slot) => ({ a, slot, done: done[slot] === true }));
  const moves: { from: number; to: number }[] = [];
  const out: T[] = [];
  let last = slots.length - 1;
  for (let slot = 0; slot <= last; slot++) {
    const here = slots[slot];
    if (here !== undefined && !here.done) {
      out.push(here.a);
      continue;
    }
    while (last > slot && slots[last]?.done === true) last--;
    const moved = slots[last];
    if (last > slot && moved !== undefined) {
      moves.push({ from: last, to: slot });
      out.push(moved.a);
    }
    last--;
  }
  return [out, moves];
}
