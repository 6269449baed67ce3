/**
 * Greedy generation for several documents at a time. Prompts are computed on the stack, where they share what they can; then each is copied into a slot, a cache
 * of its own, and every step puts one token into each slot.
 */
import type { Answer } from '../../types.js';
import type { Counters } from './counters.js';
import { type Growing, newGrowing, type StopRules, takeToken } from './greedy.js';
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

/** Slots grow in steps of so many positions; the kernel's time grows with them. */
const SLOT_STEP = 64;

/** Its index in the list of active documents is its slot. */
type Active = Growing;

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
  let slots = 0;
  const retry: GenerateItem[] = [];

  const push = (a: Active, token: number | undefined, logprob: number | undefined): Answer | null =>
    takeToken(a, token, logprob, rules, counters);

  const roomFor = (item: GenerateItem): number => item.tokens + item.maxNewTokens;

  /** The next document, if it has room beside the active ones: one at a time, so that the stack never holds more than a prompt and what the next shares with it. */
  const admit = (): GenerateItem | null => {
    if (active.length >= documents) return null;
    const [item] = retry.length > 0 ? retry.splice(0, 1) : next(1);
    if (item === undefined) return null;
    const taken = active.reduce((sum, a) => sum + roomFor(a.item), 0);
    if (active.length > 0 && taken + roomFor(item) > limits.slotTokens) {
      retry.unshift(item);
      return null;
    }
    capacity = Math.max(capacity, Math.ceil(roomFor(item) / SLOT_STEP) * SLOT_STEP);
    slots = Math.max(slots, Math.min(documents, Math.floor(limits.slotTokens / roomFor(item))));
    return item;
  };

  /** Computes a prompt on the stack; returns its place and its first token. */
  const prefill = async (item: GenerateItem): Promise<{ where: Where; token: number | undefined; logprob: number | undefined }> => {
    // Only the last row is wanted, so it must not lie in what is kept; the target's log-probability shows whether the numbers are sound.
    const { path, moves } = choosePath(known, item.ids, item.ids.length - 1);
    const plan = planBatch(path.ids.length, [path], [{ ids: item.ids, targets: [0] }], limits);
    ensurePositions(Math.max(path.ids.length + plan.tokens, roomFor(item)));
    let first: { token: number | undefined; logprob: number | undefined } = { token: undefined, logprob: undefined };
    for (const [i, run] of plan.runs.entries()) {
      const { wanted, ...message } = run;
      const result = await session.run({ ...message, window, moves: i === 0 ? moves : [] });
      counters.addRun(run.ids.length, run.rows.length, result);
      if (wanted.length > 0) first = { token: result.greedy[0], logprob: result.logprobs[0] };
    }
    const where = plan.where[0] ?? [];
    known = [path, { ids: item.ids, where }];
    return { where, ...first };
  };

  while (!stopped()) {
    let incoming = admit();
    if (incoming === null && active.length === 0) return;
    try {
      const places: { slot: number; ranges: Where }[] = [];
      if (incoming !== null) {
        const { where, token, logprob } = await prefill(incoming);
        const a: Active = newGrowing(incoming);
        const answer = push(a, token, logprob);
        incoming = null;
        if (answer !== null) yield answer;
        else {
          places.push({ slot: active.length, ranges: where });
          active.push(a);
        }
      }
      if (active.length === 0 || stopped()) continue;
      let moves: StepMessage['moves'] = [];
      do {
        const ids = Int32Array.from(active, (a) => a.tokens[a.tokens.length - 1] ?? 0);
        const lengths = Int32Array.from(active, (a) => a.item.ids.length + a.tokens.length - 1);
        const result = await session.step({ ids, lengths, window, slots, capacity, moves, places: places.splice(0) });
        counters.addRun(ids.length, ids.length, result);
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
      // A document that was answered already must not be asked again.
      const waiting = [...active.map((a) => a.item), ...(incoming === null ? [] : [incoming])];
      if (waiting.length === 1 && documents === 1) for (const item of waiting) yield failure(item.id, 'out of memory', error.message);
      else retry.push(...waiting);
      documents = Math.max(1, documents >> 1);
      [active, known, capacity, slots] = [[], [], 0, 0];
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
