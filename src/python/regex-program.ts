import { UserError } from '../errors.js';
import type { Test } from './regex-classes.js';
import type { AtTest, Node } from './regex-parse.js';

/** One step of a compiled pattern; targets are indices of steps. */
export type Step =
  | { readonly op: 'one'; readonly test: Test }
  | { readonly op: 'many'; readonly test: Test; readonly min: number; readonly max: number; readonly lazy: boolean }
  | { readonly op: 'at'; readonly test: AtTest }
  | { readonly op: 'save'; readonly slot: number }
  | { readonly op: 'clear'; readonly slot: number }
  | { readonly op: 'jump'; to: number }
  | { readonly op: 'split'; first: number; second: number }
  /** Enters a loop's body or leaves it; an iteration that matched nothing ends the loop. */
  | { readonly op: 'loop'; readonly slot: number; readonly lazy: boolean; exit: number }
  | { readonly op: 'look'; readonly program: readonly Step[]; readonly ahead: boolean; readonly negated: boolean; readonly width: number }
  | { readonly op: 'atomic'; readonly program: readonly Step[] }
  | { readonly op: 'backref'; readonly index: number; readonly fold: ((c: number) => number) | null }
  | { readonly op: 'cond'; readonly index: number; no: number }
  | { readonly op: 'match' };

/** Steps of one pattern: counted repeats are written out, so `(...){1000}{1000}` must end somewhere. */
const MAX_STEPS = 100_000;

interface Writer {
  readonly pattern: string;
  steps: Step[];
  /** Slots so far: two per group (start, end), then one per loop (where its last iteration began). */
  slots: number;
  total: number;
}

/**
 * Returns the steps of a parsed pattern and the number of slots a run needs: two per group (group 0 excluded) and one per loop.
 * Throws `UserError` when its counted repeats are too many to write out.
 */
export function writeProgram(tree: Node, groups: number, pattern: string): { readonly steps: readonly Step[]; readonly slots: number } {
  const w: Writer = { pattern, steps: [], slots: 2 * groups, total: 0 };
  const steps = program(tree, w);
  return { steps, slots: w.slots };
}

/** Returns a closed program of its own. */
function program(node: Node, w: Writer): readonly Step[] {
  const outer = w.steps;
  w.steps = [];
  write(node, w);
  push({ op: 'match' }, w);
  const steps = w.steps;
  w.steps = outer;
  return steps;
}

function push<S extends Step>(step: S, w: Writer): S {
  if (++w.total > MAX_STEPS)
    throw new UserError(`the regular expression ${JSON.stringify(w.pattern)} repeats too much: more than ${MAX_STEPS} steps`);
  w.steps.push(step);
  return step;
}

function write(node: Node, w: Writer): void {
  switch (node.op) {
    case 'one':
    case 'at':
    case 'backref':
      push(node, w);
      return;
    case 'seq':
      for (const item of node.items) write(item, w);
      return;
    case 'group':
      push({ op: 'save', slot: 2 * (node.index - 1) }, w);
      write(node.body, w);
      push({ op: 'save', slot: 2 * (node.index - 1) + 1 }, w);
      return;
    case 'look':
      push({ op: 'look', program: program(node.body, w), ahead: node.ahead, negated: node.negated, width: node.width }, w);
      return;
    case 'atomic':
      push({ op: 'atomic', program: program(node.body, w) }, w);
      return;
    case 'alt':
      writeBranches(node.branches, w);
      return;
    case 'cond': {
      const cond = push({ op: 'cond', index: node.index, no: 0 }, w);
      write(node.yes, w);
      const jump = push({ op: 'jump', to: 0 }, w);
      cond.no = w.steps.length;
      write(node.no, w);
      jump.to = w.steps.length;
      return;
    }
    case 'repeat':
      if (node.mode === 'possessive') push({ op: 'atomic', program: program({ ...node, mode: 'greedy' }, w) }, w);
      else writeRepeat(node, w);
  }
}

function writeBranches(branches: readonly Node[], w: Writer): void {
  const jumps = branches.map((branch, i) => {
    const split = i < branches.length - 1 ? push({ op: 'split', first: w.steps.length + 1, second: 0 }, w) : null;
    write(branch, w);
    const jump = split === null ? null : push({ op: 'jump', to: 0 }, w);
    if (split !== null) split.second = w.steps.length;
    return jump;
  });
  for (const jump of jumps) if (jump !== null) jump.to = w.steps.length;
}

function writeRepeat(node: Extract<Node, { op: 'repeat' }>, w: Writer): void {
  const { min, max, body } = node;
  const lazy = node.mode === 'lazy';
  const single = singleTest(body);
  if (single !== null) {
    push({ op: 'many', test: single, min, max, lazy }, w);
    return;
  }
  for (let i = 0; i < min; i++) {
    const before = w.total;
    write(body, w);
    // What takes no step (`(?:){9999999}`) matches as often as one likes.
    if (w.total === before) return;
  }
  if (max === min) return;
  const slot = w.slots++;
  push({ op: 'clear', slot }, w);
  const exits: { exit: number }[] = [];
  if (max === Number.POSITIVE_INFINITY) {
    const start = w.steps.length;
    exits.push(push({ op: 'loop', slot, lazy, exit: 0 }, w));
    write(body, w);
    push({ op: 'jump', to: start }, w);
  } else {
    for (let i = min; i < max; i++) {
      exits.push(push({ op: 'loop', slot, lazy, exit: 0 }, w));
      write(body, w);
    }
  }
  for (const loop of exits) loop.exit = w.steps.length;
}

/** Returns the test of a node that matches exactly one character and captures nothing, or null. */
function singleTest(node: Node): Test | null {
  if (node.op === 'one') return node.test;
  if (node.op !== 'seq' || node.items.length !== 1) return null;
  const [only] = node.items;
  return only === undefined ? null : singleTest(only);
}
