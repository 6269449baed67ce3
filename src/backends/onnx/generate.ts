/**
 * Generation for several documents at a time. Prompts are computed on the stack, where they share what they can; then each is copied into a slot, a cache
 * of its own, and every step puts one token into each slot.
 */
import { at } from '../../at.js';
import type { Answer } from '../../types.js';
import type { Computing, Waiting } from './computing.js';
import { type Growing, type NextToken, newGrowing, nextTokens, type StopRules, takeToken } from './greedy.js';
import type { StepMessage } from './protocol.js';
import { failure, type GenerateItem } from './requests.js';
import { OutOfMemoryError, type StackSession } from './session.js';
import { choosePath, commonPrefix, type Known, type Limits, planBatch, SMALLEST_RUN, type Where } from './stack.js';

export interface GenerateLimits extends Limits {
  /** Documents generated at the same time. */
  readonly documents: number;
  /** Tokens in all slots together at most; one document is always admitted. */
  readonly slotTokens: number;
}

/** Slots grow in steps of so many positions; the kernel's time grows with them. */
const SLOT_STEP = 64;

/** Part of a step's slots that must be free before prompts are computed for them. */
const WORTH_FILLING = 1 / 8;

/** A prompt on the stack, and what its last row says. */
interface Prompt {
  readonly where: Where;
  next: NextToken;
}

/**
 * Generates until no more documents wait and all are done, or it is stopped; yields answers as they are finished.
 */
export async function* generateAll(
  { session, counters, ensurePositions }: Computing<StackSession>,
  rules: StopRules,
  limits: GenerateLimits,
  { next, stopped }: Waiting,
): AsyncGenerator<Answer> {
  let { documents, runTokens } = limits;
  let active: Growing[] = [];
  let known: readonly Known[] = [];
  const carriesStates = limits.carriesStates === true;
  /** Positions of the stack behind which states are kept. */
  let kept: ReadonlySet<number> = new Set();
  let capacity = 0;
  let slots = 0;
  /** Documents active after the last prompts came in; null where more would have had room. */
  let full: number | null = null;
  const retry: GenerateItem[] = [];

  const roomFor = (item: GenerateItem): number => item.tokens + item.maxNewTokens;

  /**
   * The next documents that have room beside the active ones, as many as one run computes, so that the stack never holds more than that, or one prompt, and what the next share with
   * it. While a step is nearly full none are taken: a run for each document that comes costs more than a few slots that are empty for some steps.
   */
  const admit = (): GenerateItem[] => {
    const out: GenerateItem[] = [];
    if (active.length > 0 && full !== null && full - active.length < Math.ceil(documents * WORTH_FILLING)) return out;
    full = null;
    let taken = active.reduce((sum, a) => sum + roomFor(a.item), 0);
    let tokens = 0;
    let before: readonly number[] = [];
    for (;;) {
      if (active.length + out.length >= documents) break;
      const [item] = retry.length > 0 ? retry.splice(0, 1) : next(1);
      if (item === undefined) return out;
      if (active.length + out.length > 0 && taken + roomFor(item) > limits.slotTokens) {
        retry.unshift(item);
        break;
      }
      const shared = out.length > 0 ? commonPrefix(before, item.ids) : Math.max(0, ...known.map(({ ids }) => commonPrefix(ids, item.ids)));
      tokens += item.ids.length - shared;
      if (out.length > 0 && tokens > runTokens) {
        retry.unshift(item);
        return out;
      }
      taken += roomFor(item);
      before = item.ids;
      out.push(item);
      capacity = Math.max(capacity, Math.ceil(roomFor(item) / SLOT_STEP) * SLOT_STEP);
      slots = Math.max(slots, Math.min(documents, Math.floor(limits.slotTokens / roomFor(item))));
    }
    full = active.length + out.length;
    return out;
  };

  /** Computes prompts on the stack; returns for each its place and its first token. */
  const prefill = async (documents: readonly Growing[]): Promise<Prompt[]> => {
    const items = documents.map(({ item }) => item);
    // Only last rows are wanted, so none may lie in what is kept; the target's log-probability shows whether the numbers are sound.
    const { ids: first } = at(items, 0);
    const within = items.filter(({ ids }) => commonPrefix(ids, first) === ids.length);
    const most = Math.min(...within.map(({ ids }) => ids.length - 1));
    const { path, moves, kept: below } = choosePath(known, first, most, carriesStates ? kept : null);
    const sequences = items.map((item) => ({ ids: item.ids, targets: [0] }));
    // Each prompt goes on from its end; more prompts are likely to share what all of these share.
    const all = first.slice(
      0,
      items.reduce((least, { ids }) => Math.min(least, commonPrefix(ids, first)), first.length - 1),
    );
    const states = carriesStates ? { kept: below, next: [all, ...items.map(({ ids }) => ids)] } : null;
    const plan = planBatch(path.ids.length, [path], sequences, { ...limits, runTokens }, states);
    kept = plan.kept;
    ensurePositions(Math.max(path.ids.length + plan.tokens, ...items.map(roomFor)), Math.max(...items.map(({ ids }) => ids.length)));
    const prompts = plan.where.map((where): Prompt => ({ where, next: { token: undefined, logprob: undefined } }));
    for (const [i, run] of plan.runs.entries()) {
      const { wanted, ...message } = run;
      const ends = wanted.map(({ sequence }, k) => ({ document: at(documents, sequence), row: at(run.pairs, 2 * k) }));
      const { pairs, next } = nextTokens(ends);
      const result = await session.run({ ...message, pairs, moves: i === 0 ? moves : [] });
      counters.addRun(run.ids.length, run.rows.length, result);
      for (const [k, token] of next(result).entries()) at(prompts, at(wanted, k).sequence).next = token;
    }
    known = [path, ...sequences.map(({ ids }, i) => ({ ids, where: at(plan.where, i) }))];
    return prompts;
  };

  let moves: StepMessage['moves'] = [];
  let places: { slot: number; ranges: Where }[] = [];
  while (!stopped()) {
    let incoming = admit();
    if (incoming.length === 0 && active.length === 0) return;
    try {
      const answers: Answer[] = [];
      if (incoming.length > 0) {
        const growing = incoming.map(newGrowing);
        const prompts = await prefill(growing);
        for (const [i, a] of growing.entries()) {
          const { where, next } = at(prompts, i);
          const answer = takeToken(a, next, rules, counters);
          if (answer !== null) answers.push(answer);
          else {
            places.push({ slot: active.length, ranges: where });
            active.push(a);
          }
        }
        incoming = [];
        yield* answers.splice(0);
      }
      if (active.length === 0 || stopped()) continue;
      const ids = Int32Array.from(active, (a) => at(a.tokens, a.tokens.length - 1));
      const lengths = Int32Array.from(active, (a) => a.item.ids.length + a.tokens.length - 1);
      const { pairs, next } = nextTokens(active.map((document, row) => ({ document, row })));
      const result = await session.step({ ids, pairs, lengths, slots, capacity, moves, places });
      places = [];
      counters.addRun(ids.length, ids.length, result);
      const tokens = next(result);
      const done = active.map((a, b) => {
        const answer = takeToken(a, at(tokens, b), rules, counters);
        if (answer !== null) answers.push(answer);
        return answer !== null;
      });
      [active, moves] = closeGaps(active, done);
      yield* answers;
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      counters.outOfMemory++;
      // A document that was answered already must not be asked again.
      const waiting = [...active.map((a) => a.item), ...incoming];
      if (waiting.length === 1 && documents === 1 && runTokens <= SMALLEST_RUN)
        for (const item of waiting) yield failure(item.id, 'out of memory', error.message);
      else retry.push(...waiting);
      documents = Math.max(1, documents >> 1);
      runTokens = Math.max(SMALLEST_RUN, runTokens >> 1);
      [active, known, capacity, slots, moves, places] = [[], [], 0, 0, [], []];
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
