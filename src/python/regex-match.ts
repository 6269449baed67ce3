import { at as elementAt } from '../at.js';
import type { Step } from './regex-program.js';

/** Thrown when a match takes more steps than allowed. */
export class TooManySteps extends Error {}

/** A run over one text. */
export interface Run {
  readonly text: readonly number[];
  readonly slots: Int32Array;
  /** Steps that may still be taken, over all matches in this text. */
  fuel: number;
  /** Slots and their values before they were set, to be set back. */
  readonly trail: number[];
}

/** A point to come back to: where to go on (`step`), from `at`, and for a repeat of one character how far `at` may still move. */
interface Choice {
  readonly step: number;
  at: number;
  readonly trail: number;
  /** Greedy repeat: give back down to here; -1: no greedy repeat. */
  readonly floor: number;
  /** Lazy repeat: take one more of these, up to `ceiling`. */
  readonly more: Extract<Step, { op: 'many' }> | null;
  readonly ceiling: number;
}

/**
 * Returns the end of the match of `steps` that begins at `start`, or -1. The first match in the order of a backtracking matcher is
 * taken, as Python does; one that ends at `refused` does not count (-1: none is refused). On success the slots hold the groups.
 * Throws `TooManySteps` when the fuel runs out.
 */
export function matchAt(steps: readonly Step[], start: number, run: Run, refused: number): number {
  const { text, slots, trail } = run;
  const choices: Choice[] = [];
  const began = trail.length;
  let pc = 0;
  let at = start;
  for (;;) {
    if (--run.fuel < 0) throw new TooManySteps();
    const step = elementAt(steps, pc);
    let ok = true;
    switch (step.op) {
      case 'one': {
        const c = text[at];
        ok = c !== undefined && step.test(c);
        if (ok) at++;
        pc++;
        break;
      }
      case 'many': {
        const limit = Math.min(text.length, step.max === Number.POSITIVE_INFINITY ? text.length : at + step.max);
        const least = at + step.min;
        const stop = step.lazy ? Math.min(least, limit) : limit;
        let end = at;
        for (let c = text[end]; end < stop && c !== undefined && step.test(c); c = text[end]) end++;
        run.fuel -= end - at;
        pc++;
        ok = end >= least;
        if (ok && step.lazy && end < limit) choices.push({ step: pc, at: end, trail: trail.length, floor: -1, more: step, ceiling: limit });
        else if (ok && !step.lazy && end > least)
          choices.push({ step: pc, at: end, trail: trail.length, floor: least, more: null, ceiling: -1 });
        at = end;
        break;
      }
      case 'at':
        ok = step.test(text, at);
        pc++;
        break;
      case 'save':
        set(run, step.slot, at);
        pc++;
        break;
      case 'clear':
        set(run, step.slot, -1);
        pc++;
        break;
      case 'jump':
        pc = step.to;
        break;
      case 'split':
        choices.push({ step: step.second, at, trail: trail.length, floor: -1, more: null, ceiling: -1 });
        pc = step.first;
        break;
      case 'loop': {
        const again = slots[step.slot] !== at;
        if (step.lazy) {
          // The body is entered on coming back, so its start is noted by a step of its own: the choice points at this loop's body.
          if (again) choices.push({ step: ~(pc + 1), at, trail: trail.length, floor: -1, more: null, ceiling: step.slot });
          pc = step.exit;
        } else if (again) {
          choices.push({ step: step.exit, at, trail: trail.length, floor: -1, more: null, ceiling: -1 });
          set(run, step.slot, at);
          pc++;
        } else pc = step.exit;
        break;
      }
      case 'look': {
        const from = step.ahead ? at : at - step.width;
        const mark = trail.length;
        const found = from >= 0 && matchAt(step.program, from, run, -1) !== -1;
        if (step.negated) undo(run, mark);
        ok = found !== step.negated;
        pc++;
        break;
      }
      case 'atomic': {
        const end = matchAt(step.program, at, run, -1);
        ok = end !== -1;
        if (ok) at = end;
        pc++;
        break;
      }
      case 'backref': {
        const end = afterBackref(step, at, run);
        ok = end !== -1;
        if (ok) at = end;
        pc++;
        break;
      }
      case 'cond':
        pc = isSet(step.index, run) ? pc + 1 : step.no;
        break;
      case 'match':
        if (at !== refused) return at;
        ok = false;
        break;
    }
    if (ok) continue;
    const choice = resume(choices, run);
    if (choice === null) {
      undo(run, began);
      return -1;
    }
    at = choice.at;
    if (choice.step >= 0) pc = choice.step;
    else {
      pc = ~choice.step;
      set(run, choice.ceiling, at);
    }
  }
}

/** Goes back to the latest choice that is still open: returns where to go on, or null when none is left. */
function resume(choices: Choice[], run: Run): { readonly step: number; readonly at: number; readonly ceiling: number } | null {
  for (let choice = choices.at(-1); choice !== undefined; choice = choices.at(-1)) {
    undo(run, choice.trail);
    if (choice.floor !== -1) {
      choice.at--;
      if (choice.at === choice.floor) choices.pop();
      return choice;
    }
    if (choice.more === null) {
      choices.pop();
      return choice;
    }
    const c = run.text[choice.at];
    if (choice.at < choice.ceiling && c !== undefined && choice.more.test(c)) {
      choice.at++;
      return choice;
    }
    choices.pop();
  }
  return null;
}

function set(run: Run, slot: number, value: number): void {
  run.trail.push(slot, elementAt(run.slots, slot));
  run.slots[slot] = value;
}

function undo(run: Run, to: number): void {
  const { trail, slots } = run;
  while (trail.length > to) {
    slots[elementAt(trail, trail.length - 2)] = elementAt(trail, trail.length - 1);
    // Setting the length is slower.
    trail.pop();
    trail.pop();
  }
}

function isSet(index: number, run: Run): boolean {
  return elementAt(run.slots, 2 * index - 1) !== -1;
}

/** Returns the position after what a group matched before, found again at `at`; -1 when it is not there or the group has not matched. */
function afterBackref(step: Extract<Step, { op: 'backref' }>, at: number, run: Run): number {
  if (!isSet(step.index, run)) return -1;
  const { text, slots } = run;
  const start = elementAt(slots, 2 * step.index - 2);
  const length = elementAt(slots, 2 * step.index - 1) - start;
  // Comparing takes time by the length of what the group matched.
  run.fuel -= length;
  if (at + length > text.length) return -1;
  for (let i = 0; i < length; i++) {
    const a = elementAt(text, start + i);
    const b = elementAt(text, at + i);
    if (a !== b && (step.fold === null || step.fold(a) !== step.fold(b))) return -1;
  }
  return at + length;
}
