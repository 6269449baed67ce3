/**
 * Greedy generation for several documents at a time. All of them live on one stack: their prompts share what they can, and each step puts one token of
 * every document on top. What a document sees is a list of ranges; when too much of the stack is dead, the living ranges are moved together.
 */
import type { ModelTokenizer } from '../../models/tokenizer.js';
import type { Answer, GenerateResponse } from '../../types.js';
import type { Counters } from './counters.js';
import type { Range, Segment } from './protocol.js';
import { failure, type GenerateItem } from './requests.js';
import { OutOfMemoryError, type Session } from './session.js';
import { extend, type Known, type Limits, type Move, type PlannedRun, planBatch, type Where } from './stack.js';

export interface GenerateLimits extends Limits {
  /** Documents generated at the same time. */
  readonly documents: number;
  /** Tokens on the stack at most; one document is always admitted. */
  readonly stackTokens: number;
}

export interface StopRules {
  readonly tokenizer: ModelTokenizer;
  /** Token ids that end a generation. */
  readonly eos: ReadonlySet<number>;
}

/** One document that is being generated. */
interface Active {
  readonly item: GenerateItem;
  where: Where;
  readonly tokens: number[];
  /** Tokens at the end whose text may hold a stop string. */
  readonly lookback: number;
}

/** Dead positions that are tolerated before the stack is packed. */
const SLACK = 1024;

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

/** Sorted, joined union of ranges. */
export function union(ranges: readonly Range[]): Range[] {
  const out: { from: number; to: number }[] = [];
  for (const { from, to } of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = out[out.length - 1];
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else out.push({ from, to });
  }
  return out;
}

/**
 * Returns the moves that pack the living ranges to the bottom, the new height, and where a place lies afterwards.
 */
export function packStack(living: readonly Range[]): { moves: Move[]; height: number; after(where: Where): Where } {
  const joined = union(living);
  const moves: Move[] = [];
  const targets: { range: Range; to: number }[] = [];
  let height = 0;
  for (const range of joined) {
    targets.push({ range, to: height });
    if (range.from !== height) moves.push({ from: range.from, to: height, length: range.to - range.from });
    height += range.to - range.from;
  }
  const after = (where: Where): Where => {
    let out: Range[] = [];
    for (const { from, to } of where) {
      const home = targets.find(({ range }) => range.from <= from && to <= range.to);
      if (home === undefined) throw new RangeError(`positions ${from} to ${to} are not alive`);
      const shift = home.to - home.range.from;
      out = extend(out, from + shift, to + shift);
    }
    return out;
  };
  return { moves, height, after };
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
  let prompts: Known[] = [];
  let height = 0;
  const retry: GenerateItem[] = [];

  const run = async (
    planned: Pick<PlannedRun, 'base' | 'ids' | 'positions' | 'segments' | 'rows'>,
    moves: readonly Move[],
  ): Promise<Int32Array> => {
    // The log-probability of one token comes along and shows whether the numbers are sound.
    const result = await session.run({
      ...planned,
      pairs: planned.rows.length > 0 ? Int32Array.of(0, 0) : new Int32Array(0),
      window,
      moves,
    });
    counters.addRun(planned.ids.length, planned.rows.length, result.seconds);
    return result.greedy;
  };

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
  const push = (a: Active, token: number): Answer | null => {
    a.tokens.push(token);
    if (rules.eos.has(token)) return finish(a, 'stop');
    const tail = rules.tokenizer.decode(a.tokens.slice(-a.lookback));
    if (a.item.until.some((stop) => tail.includes(stop))) return finish(a, 'stop');
    return a.tokens.length >= a.item.maxNewTokens ? finish(a, 'length') : null;
  };

  /** Moves the living parts together where too much is dead; they come with the next run. */
  const tidy = (): Move[] => {
    const living = [...active.flatMap((a) => a.where), ...prompts.flatMap((p) => p.where)];
    const alive = union(living).reduce((sum, r) => sum + r.to - r.from, 0);
    if (height <= 1.25 * alive + SLACK) return [];
    const packed = packStack(living);
    for (const a of active) a.where = packed.after(a.where);
    prompts = prompts.map((p) => ({ ids: p.ids, where: packed.after(p.where) }));
    height = packed.height;
    return packed.moves;
  };

  while (!stopped()) {
    const room = (): number => documents - active.length;
    const incoming: GenerateItem[] = [];
    let planned = height;
    while (incoming.length < room()) {
      const [item] = retry.length > 0 ? retry.splice(0, 1) : next(1);
      if (item === undefined) break;
      incoming.push(item);
      planned += item.tokens + item.maxNewTokens;
      if (planned > limits.stackTokens) break;
    }
    if (incoming.length === 0 && active.length === 0) return;
    try {
      if (incoming.length > 0) {
        const moves = tidy();
        // Only the last row of a prompt is wanted; what it shares with a known prompt ends before that row.
        const sequences = incoming.map((item) => ({ ids: item.ids, targets: [0] }));
        const known = prompts.map((p) => {
          const shortest = Math.min(...incoming.map((item) => item.ids.length - 1));
          return p.ids.length <= shortest ? p : { ids: p.ids.slice(0, shortest), where: p.where };
        });
        const plan = planBatch(height, known, sequences, limits);
        ensurePositions(Math.max(height + plan.tokens, ...incoming.map((item) => item.tokens + item.maxNewTokens)));
        const firsts = new Map<number, number>();
        for (const [i, part] of plan.runs.entries()) {
          const greedy = await run(part, i === 0 ? moves : []);
          part.wanted.forEach((w, k) => {
            firsts.set(w.sequence, greedy[part.pairs[2 * k] ?? 0] ?? 0);
          });
          if (stopped()) return;
        }
        height += plan.tokens;
        for (const [i, item] of incoming.entries()) {
          const lookback = Math.max(1, ...item.until.map((stop) => rules.tokenizer.encode(stop).length)) + 2;
          const a: Active = { item, where: plan.where[i] ?? [], tokens: [], lookback };
          const answer = push(a, firsts.get(i) ?? 0);
          if (answer === null) active.push(a);
          else yield answer;
        }
        // The newest prompts stay so that the next documents can share with them.
        prompts = incoming.slice(-1).map((item) => ({ ids: item.ids, where: plan.where[incoming.length - 1] ?? [] }));
      }
      if (active.length === 0) continue;
      const moves = tidy();
      const ids = Int32Array.from(active, (a) => a.tokens[a.tokens.length - 1] ?? 0);
      const positions = Int32Array.from(active, (a) => a.item.ids.length + a.tokens.length - 1);
      ensurePositions(height + active.length);
      const segments: Segment[] = active.map((a, i) => ({ start: i, end: i + 1, sees: a.where }));
      const greedy = await run({ base: height, ids, positions, segments, rows: Int32Array.from(active.keys()) }, moves);
      const going: Active[] = [];
      for (const [i, a] of active.entries()) {
        a.where = extend(a.where, height + i, height + i + 1);
        const answer = push(a, greedy[i] ?? 0);
        if (answer === null) going.push(a);
        else yield answer;
      }
      height += active.length;
      active = going;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      counters.outOfMemory++;
      const waiting = [...active.map((a) => a.item), ...incoming.filter((item) => !active.some((a) => a.item === item))];
      if (waiting.length === 1 && documents === 1) for (const item of waiting) yield failure(item.id, 'out of memory', error.message);
      else retry.push(...waiting);
      documents = Math.max(1, documents >> 1);
      [active, prompts, height] = [[], [], 0];
    }
  }
}
