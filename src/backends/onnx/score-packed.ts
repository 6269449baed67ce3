/** Scores documents in packed runs (`attention-packed.ts`): nothing stays on the device between runs, so each run holds whole texts. */
import { at } from '../../at.js';
import type { Answer } from '../../types.js';
import { newScores } from './choice-answers.js';
import type { Computing } from './computing.js';
import { fillRun, layOut } from './packed-layout.js';
import { bestOrder, documentsForRun, type RunLimits, shapeOf } from './packed-plan.js';
import type { ScoreItem } from './requests.js';
import { type Scorer, scoreOneByOne } from './score.js';
import { OutOfMemoryError, type PackedSession } from './session.js';
import { placeBehind } from './stack.js';

/** What is planned with after memory did not suffice, as a part of before. */
const AFTER_FAILURE = 0.7;

/**
 * Returns a scorer over a session whose graph keeps nothing.
 */
export function newPackedScorer({ session, counters, ensurePositions }: Computing<PackedSession>, startLimits: RunLimits): Scorer {
  let limits = startLimits;
  let last: readonly number[] = [];

  function pick(sorted: readonly ScoreItem[]): ScoreItem[] {
    const first = placeBehind(sorted, last);
    const rest = bestOrder(sorted.slice(first));
    return rest.slice(0, documentsForRun(rest, limits));
  }

  async function score(items: readonly ScoreItem[]): Promise<Answer[]> {
    last = items[items.length - 1]?.ids ?? [];
    const scores = newScores(items);
    const { sequences } = scores;
    /** Sequences that did not fit by themselves, with the runtime's message. */
    const tooLarge = new Map<number, string>();
    const longest = Math.max(...sequences.map((s) => s.ids.length));
    ensurePositions(longest, longest);

    /** Computes some of the sequences; halves them where memory does not suffice. */
    async function compute(indices: readonly number[]): Promise<void> {
      const own = indices.map((i) => at(sequences, i));
      const layout = layOut(own, limits.keyCost);
      const { wanted, tokens, padding, ...arrays } = fillRun(own, layout);
      try {
        if (limits.bytesOf(shapeOf(layout, own)) === Number.POSITIVE_INFINITY)
          throw new OutOfMemoryError(`a text of ${at(own, 0).ids.length} tokens is more than one run can hold`);
        const result = await session.packed({ ...arrays, decode: null });
        counters.addRun(tokens, arrays.rows.length, result, padding);
        scores.take({ wanted, pairs: arrays.pairs }, result, indices);
      } catch (error) {
        if (!(error instanceof OutOfMemoryError)) throw error;
        counters.outOfMemory++;
        limits = { ...limits, rows: Math.ceil(limits.rows * AFTER_FAILURE), bytes: limits.bytes * AFTER_FAILURE };
        const [only] = indices;
        if (indices.length === 1 && only !== undefined) {
          tooLarge.set(only, error.message);
          return;
        }
        const half = indices.length >> 1;
        await compute(indices.slice(0, half));
        await compute(indices.slice(half));
      }
    }
    await compute([...sequences.keys()]);

    return scores.answers(counters, tooLarge);
  }

  const forget = (): void => {
    last = [];
  };
  return { pick, score, scoreAlone: (item) => scoreOneByOne(item, score, forget), forget };
}
