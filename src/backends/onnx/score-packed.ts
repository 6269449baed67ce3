/** Scores documents in packed runs (`attention-packed.ts`): nothing stays on the device between runs, so each run holds whole texts. */
import type { Answer } from '../../types.js';
import { choicesAnswer } from './choice-answers.js';
import type { Computing } from './computing.js';
import { fillRun, layOut } from './packed-layout.js';
import { bestOrder, documentsForRun, type RunLimits, shapeOf } from './packed-plan.js';
import { failure, type ScoreItem } from './requests.js';
import { type Scorer, scoreOneByOne } from './score.js';
import { OutOfMemoryError, type PackedSession } from './session.js';
import { compareIds, type Sequence } from './stack.js';

/** What is planned with after memory did not suffice, as a part of before. */
const AFTER_FAILURE = 0.7;

/**
 * Returns a scorer over a session whose graph keeps nothing.
 */
export function newPackedScorer({ session, counters, ensurePositions }: Computing<PackedSession>, startLimits: RunLimits): Scorer {
  let limits = startLimits;
  let last: readonly number[] = [];

  function pick(sorted: readonly ScoreItem[]): ScoreItem[] {
    const first = Math.max(
      0,
      sorted.findIndex((item) => compareIds(item.ids, last) >= 0),
    );
    const rest = bestOrder(sorted.slice(first));
    return rest.slice(0, documentsForRun(rest, limits));
  }

  async function score(items: readonly ScoreItem[]): Promise<Answer[]> {
    last = items[items.length - 1]?.ids ?? [];
    const sequences = items.flatMap((item) => item.sequences);
    const logprobs = sequences.map((s) => new Float64Array(s.targets.length));
    const greedy = sequences.map(() => true);
    /** Sequences that did not fit by themselves, with the runtime's message. */
    const tooLarge = new Map<number, string>();
    const longest = Math.max(...sequences.map((s) => s.ids.length));
    ensurePositions(longest, longest);

    /** Computes some of the sequences; halves them where memory does not suffice. */
    async function compute(indices: readonly number[]): Promise<void> {
      const own = indices.map((i) => sequences[i]).filter((s): s is Sequence => s !== undefined);
      const layout = layOut(own, limits.keyCost);
      const { wanted, tokens, padding, ...arrays } = fillRun(own, layout);
      try {
        if (limits.bytesOf(shapeOf(layout, own)) === Number.POSITIVE_INFINITY)
          throw new OutOfMemoryError(`a text of ${own[0]?.ids.length} tokens is more than one run can hold`);
        const result = await session.packed({ ...arrays, decode: null });
        counters.addRun(tokens, arrays.rows.length, result, padding);
        wanted.forEach((w, k) => {
          const sequence = indices[w.sequence] ?? 0;
          const scores = logprobs[sequence];
          if (scores !== undefined) scores[w.target] = result.logprobs[k] ?? Number.NaN;
          if (result.greedy[arrays.pairs[2 * k] ?? 0] !== arrays.pairs[2 * k + 1]) greedy[sequence] = false;
        });
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

    let from = 0;
    return items.map((item) => {
      const to = from + item.sequences.length;
      const missing = [...tooLarge].find(([i]) => i >= from && i < to);
      const answer =
        missing === undefined
          ? choicesAnswer(item, logprobs.slice(from, to), greedy.slice(from, to))
          : failure(item.id, 'out of memory', missing[1]);
      if (missing === undefined) for (const sequence of item.sequences) counters.addSequence(sequence.ids);
      from = to;
      return answer;
    });
  }

  const forget = (): void => {
    last = [];
  };
  return { pick, score, scoreAlone: (item) => scoreOneByOne(item, score, forget), forget };
}
