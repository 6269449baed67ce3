/** Scores documents in batches on the stack. */
import { at } from '../../at.js';
import type { Answer, ChoicesResponse } from '../../types.js';
import { newScores } from './choice-answers.js';
import type { Computing } from './computing.js';
import { failure, type ScoreItem } from './requests.js';
import { OutOfMemoryError, type StackSession } from './session.js';
import { choosePath, commonPrefix, type Known, type Limits, type PlannedRun, placeBehind, planBatch, SMALLEST_RUN } from './stack.js';

export interface Scorer {
  /** Scores one document with every continuation by itself, nothing shared: what the batches are checked against. */
  scoreAlone(item: ScoreItem): Promise<Answer[]>;
  /** The next documents to score together, neighbours in order, after those of the last batch. */
  pick(sorted: readonly ScoreItem[]): ScoreItem[];
  /** Scores documents; may be called again before it resolves, batches are computed in order. */
  score(items: readonly ScoreItem[]): Promise<Answer[]>;
  /** Forgets what lies on the stack, because another has used it. */
  forget(): void;
}

/**
 * Returns a scorer over a session that keeps keys and values between runs.
 */
export function newScorer({ session, counters, ensurePositions }: Computing<StackSession>, startLimits: Limits): Scorer {
  let limits = startLimits;
  const carriesStates = limits.carriesStates === true;
  /** Positions of the stack behind which states are kept, and the document after the last that was picked. */
  let kept: ReadonlySet<number> = new Set();
  let next: readonly number[] = [];
  /** Texts on the stack after the last planned batch. */
  let known: readonly Known[] = [];
  let last: readonly number[] = [];

  function pick(sorted: readonly ScoreItem[]): ScoreItem[] {
    const first = placeBehind(sorted, last);
    const picked: ScoreItem[] = [];
    let tokens = 0;
    let before: readonly number[] = known.reduce<readonly number[]>((best, text) => {
      const ids = sorted[first]?.ids ?? [];
      return commonPrefix(text.ids, ids) > commonPrefix(best, ids) ? text.ids : best;
    }, []);
    for (const item of sorted.slice(first)) {
      const own = item.tokens - commonPrefix(before, item.ids);
      if (picked.length > 0 && tokens + own > limits.runTokens) break;
      picked.push(item);
      tokens += own;
      before = item.ids;
    }
    next = sorted[first + picked.length]?.ids ?? [];
    return picked;
  }

  async function score(items: readonly ScoreItem[]): Promise<Answer[]> {
    const scores = newScores(items);
    const { sequences } = scores;
    // Keep of the stack the text that shares most with the first document; nothing that is scored may lie in it.
    const first = items[0]?.ids ?? [];
    const mostReused = Math.min(...sequences.map((s) => s.ids.length - s.targets.length));
    const { path, moves, kept: below } = choosePath(known, first, mostReused, carriesStates ? kept : null);
    const base = path.ids.length;
    const plan = planBatch(base, [path], sequences, limits, carriesStates ? { kept: below, next: [next] } : null);
    kept = plan.kept;
    known = [path, ...sequences.map((s, i) => ({ ids: s.ids, where: at(plan.where, i) }))];
    last = items[items.length - 1]?.ids ?? [];
    // The kernel wants a table no shorter than a run; one as long as the stack is high always is.
    const longest = Math.max(...sequences.map((s) => s.ids.length));
    ensurePositions(Math.max(base + plan.tokens, longest), longest);

    const results = await Promise.allSettled(plan.runs.map((run, i) => compute(run, i === 0 ? moves : [])));
    const failed = results.find((r) => r.status === 'rejected');
    if (failed?.status === 'rejected') {
      known = [];
      if (!(failed.reason instanceof OutOfMemoryError)) throw failed.reason;
      counters.outOfMemory++;
      if (limits.runTokens <= SMALLEST_RUN && items.length === 1)
        return items.map((item) => failure(item.id, 'out of memory', failed.reason.message));
      limits = { ...limits, runTokens: Math.max(SMALLEST_RUN, limits.runTokens >> 1), runRows: Math.max(1, limits.runRows >> 1) };
      const halves = items.length > 1 ? [items.slice(0, items.length >> 1), items.slice(items.length >> 1)] : [items];
      const answers: Answer[] = [];
      for (const half of halves) answers.push(...(await score(half)));
      return answers;
    }

    async function compute(run: PlannedRun, before: typeof moves): Promise<void> {
      const { wanted: _, ...message } = run;
      const result = await session.run({ ...message, moves: before });
      counters.addRun(run.ids.length, run.rows.length, result);
      scores.take(run, result);
    }

    return scores.answers(counters);
  }

  function forget(): void {
    known = [];
    last = [];
  }

  return { pick, score, scoreAlone: (item) => scoreOneByOne(item, score, forget), forget };
}

/**
 * Scores each sequence of a document in a call of its own, and forgets before each, and after the last, what lies on the stack.
 */
export async function scoreOneByOne(item: ScoreItem, score: Scorer['score'], forget: () => void): Promise<Answer[]> {
  const parts: ChoicesResponse[] = [];
  for (const sequence of item.sequences) {
    forget();
    const [answer] = await score([{ ...item, rolling: false, sequences: [sequence] }]);
    if (answer?.response.kind !== 'choices') return answer === undefined ? [] : [answer];
    parts.push(answer.response);
  }
  forget();
  if (item.rolling === true) {
    const logprob = parts.reduce((sum, { logprobs: [own = Number.NaN] }) => sum + own, 0);
    return [
      { id: item.id, response: { kind: 'rolling', logprob, tokens: item.sequences.reduce((sum, { targets }) => sum + targets.length, 0) } },
    ];
  }
  const response: ChoicesResponse = {
    kind: 'choices',
    logprobs: parts.flatMap((part) => part.logprobs),
    greedy: parts.flatMap((part) => part.greedy),
    ...(item.notes === undefined ? {} : { notes: item.notes }),
  };
  return [{ id: item.id, response }];
}
