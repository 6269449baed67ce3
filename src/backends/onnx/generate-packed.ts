/**
 * Greedy generation where nothing stays on the device between runs (`decode-loop.ts`): a run computes the prompts of some documents and decodes a stretch of tokens
 * for each. Stop strings are looked for here, afterwards; documents that go on come back with their text behind the prompt.
 */
import { at } from '../../at.js';
import type { Answer } from '../../types.js';
import type { Computing, Waiting } from './computing.js';
import { type Growing, newGrowing, type StopRules, takeToken } from './greedy.js';
import type { RunShape } from './memory-plan.js';
import { fillRun, layOutPrompts } from './packed-layout.js';
import { FAR } from './packed-masks.js';
import { failure } from './requests.js';
import { OutOfMemoryError, type PackedSession } from './session.js';

export interface PackedGenerateLimits {
  /** Documents in a run at most. */
  readonly documents: number;
  /** Tokens decoded in a run for each document at most. */
  readonly stretch: number;
  /** Bytes at most, by `bytesOf`; one document is always taken. */
  readonly bytes: number;
  readonly bytesOf: (shape: RunShape, steps: number) => number;
}

/**
 * Generates until no more documents wait and all are done, or it is stopped; yields answers as they are finished.
 */
export async function* generatePacked(
  { session, counters, ensurePositions }: Computing<PackedSession>,
  rules: StopRules,
  startLimits: PackedGenerateLimits,
  { next, stopped }: Waiting,
): AsyncGenerator<Answer> {
  let limits = startLimits;
  let waiting: Growing[] = [];
  const eos = Int32Array.from(rules.eos.size === 0 ? [-1] : rules.eos);
  const textOf = (a: Growing): number[] => [...a.item.ids, ...a.tokens];

  /** How many of the first waiting documents fit into a run. */
  const fitting = (): number => {
    let count = Math.min(waiting.length, limits.documents);
    while (count > 1) {
      const { prefixRows, length } = layOutPrompts(waiting.slice(0, count).map(textOf));
      if (limits.bytesOf({ prefix: prefixRows, blocks: count, length, scored: count }, limits.stretch) <= limits.bytes) break;
      count--;
    }
    return count;
  };

  while (!stopped()) {
    waiting.push(...next(limits.documents - waiting.length).map(newGrowing));
    if (waiting.length === 0) return;
    const count = fitting();
    const active = waiting.slice(0, count);
    const texts = active.map(textOf);
    const left = active.map((a) => a.item.maxNewTokens - a.tokens.length);
    const stretch = Math.max(1, Math.min(limits.stretch, Math.max(...left)));
    const layout = layOutPrompts(texts);
    // The last row of each prompt is the one whose next token is wanted.
    const { wanted, tokens, padding, rows, ...arrays } = fillRun(
      texts.map((ids) => ({ ids, targets: [0] })),
      layout,
    );
    const lastRow = new Int32Array(count);
    for (const [w, { sequence }] of wanted.entries()) lastRow[sequence] = at(rows, at(arrays.pairs, 2 * w));
    const columns = new Int32Array(count * layout.length).fill(FAR);
    for (const [b, ids] of texts.entries()) {
      for (let i = layout.prefix; i < ids.length; i++) columns[b * layout.length + i - layout.prefix] = i;
    }
    const starts = Int32Array.from(texts, (ids) => ids.length);
    const lasts = starts.map((start, b) => start + Math.min(stretch, at(left, b)) - 1);
    // A text that has grown turns as its prompt does.
    ensurePositions(Math.max(...starts) + stretch, Math.max(...active.map(({ item }) => item.ids.length)));
    try {
      if (
        limits.bytesOf({ prefix: layout.prefixRows, blocks: count, length: layout.length, scored: count }, stretch) ===
        Number.POSITIVE_INFINITY
      )
        throw new OutOfMemoryError(`a prompt of ${starts[0]} tokens is more than one run can hold`);
      const result = await session.packed({ ...arrays, rows: lastRow, decode: { steps: stretch - 1, columns, starts, lasts, eos } });
      const steps = result.greedy.length / count;
      // Decoded rows of documents that had ended before the others fill up the run.
      let used = 0;
      const answers: Answer[] = [];
      const done = active.map((a, b) => {
        for (let k = 0; k < steps && k < Math.min(stretch, at(left, b)); k++) {
          const place = k * count + b;
          used++;
          const answer = takeToken(a, { token: result.greedy[place], logprob: result.logprobs[place] }, rules, counters);
          if (answer === null) continue;
          answers.push(answer);
          return true;
        }
        return false;
      });
      // Of each document's tokens the first comes from its prompt; the rest are rows of the loop.
      counters.addRun(tokens + used - count, steps * count, result, padding + (steps - 1) * count - (used - count));
      waiting = [...active.filter((_, b) => !done[b]), ...waiting.slice(count)];
      yield* answers;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      counters.outOfMemory++;
      if (count === 1) {
        const [alone] = waiting.splice(0, 1);
        if (alone !== undefined) yield failure(alone.item.id, 'out of memory', error.message);
      }
      limits = { ...limits, documents: Math.max(1, count >> 1) };
    }
  }
}
