/**
 * The states of layers that carry one from token to token (`recurrence.ts`), in the session thread: what stands behind some tokens of the stack, by their positions, and behind
 * each slot of generation. They are kept on the host.
 */
import './no-telemetry.js';
import * as ort from 'onnxruntime-node';
import { at } from '../../at.js';
import type { PackedMessage, RunMessage, StateShape, StepMessage } from './protocol.js';
import { PLAN_INPUTS } from './recurrence.js';
import { FILLS_UP, parentsOfBlocks, parentsOfSegments, planRecurrence, type RecurrencePlan } from './recurrence-plan.js';
import { type Feeds, int64 } from './tensors.js';

/** One state of all layers: number `index` of arrays that hold several. */
interface State {
  readonly arrays: readonly Float32Array[];
  readonly index: number;
}

export interface StateStore {
  /** What a run on the stack is fed beside all else, of `rows` rows, the last of which may only fill up; moves what the run moves. */
  run(m: RunMessage, rows: number): Feeds;
  /** What a step of generation is fed; moves and fills slots as it says. */
  step(m: StepMessage, rows: number): Feeds;
  /** Takes what the last run or step gave back. */
  done(out: Readonly<Record<string, ort.Tensor>>): void;
}

/** The plan as the graph takes it. */
function planFeeds(plan: RecurrencePlan): Feeds {
  const feeds: Feeds = { levels: int64(Int32Array.of(plan.levelRows.length - 1), []) };
  for (const [name, key] of Object.entries(PLAN_INPUTS)) feeds[name] = int64(plan[key], [plan[key].length]);
  for (const [j, taps] of plan.taps.entries()) feeds[`tap_${j + 1}`] = int64(taps, [taps.length]);
  return feeds;
}

/**
 * Returns what a packed run is fed where layers carry a state; `real`: tokens of its prefix. `keep`: rows whose states decoding goes on from.
 */
export function packedStateFeeds(shape: readonly StateShape[], m: PackedMessage, real: number, keep: readonly number[]): Feeds {
  const [first] = shape;
  if (first === undefined) return {};
  const prefixRows = m.prefixColumns.length;
  const parents = parentsOfBlocks(real, prefixRows, (m.ids.length - prefixRows) / m.blocks, m.ends);
  return planFeeds(planRecurrence(parents, 1, first.kernel, keep));
}

/**
 * Returns an empty store for layers of these shapes; without any it feeds nothing.
 */
export function newStates(shape: readonly StateShape[]): StateStore {
  const [first] = shape;
  if (first === undefined) return { run: () => ({}), step: () => ({}), done: () => {} };
  const { kernel } = first;
  const tensors = shape.flatMap(({ layer, channels, state }) => [
    { name: `conv_${layer}`, dims: [(kernel - 1) * channels], shape: (n: number): number[] => [n * (kernel - 1), channels] },
    ...(state === null ? [] : [{ name: `state_${layer}`, dims: state, shape: (n: number): number[] => [n, ...state] }]),
  ]);
  const sizes = tensors.map(({ dims }) => dims.reduce((product, n) => product * n, 1));
  const empty: State = { arrays: sizes.map((size) => new Float32Array(size)), index: 0 };
  let stack = new Map<number, State>();
  let slots: State[] = [];
  let place: (arrays: readonly Float32Array[]) => void = () => {};

  /** The states one behind the other; where they lie so already, as they are. */
  const given = (states: readonly State[]): Feeds => {
    const feeds: Feeds = {};
    const arrays = states[0]?.arrays;
    const asIs = states.every((state, i) => state.arrays === arrays && state.index === i);
    for (const [t, { name, shape: dims }] of tensors.entries()) {
      const size = at(sizes, t);
      const there = arrays?.[t];
      let data: Float32Array;
      if (asIs && there !== undefined && there.length === states.length * size) data = there;
      else {
        data = new Float32Array(states.length * size);
        for (const [i, { arrays: from, index }] of states.entries())
          data.set(at(from, t).subarray(index * size, (index + 1) * size), i * size);
      }
      feeds[`past_${name}`] = new ort.Tensor('float32', data, dims(states.length));
    }
    return feeds;
  };

  /** The states behind positions of the stack, as moves leave them below `base`. */
  const moved = (base: number, moves: RunMessage['moves']): Map<number, State> => {
    const out = new Map<number, State>();
    const overwritten = (p: number): boolean => moves.some(({ to, length }) => p >= to && p < to + length);
    for (const [p, state] of stack) {
      const move = moves.find(({ from, length }) => p >= from && p < from + length);
      if (move !== undefined) out.set(p - move.from + move.to, state);
      else if (!overwritten(p)) out.set(p, state);
    }
    return new Map([...out].filter(([p]) => p < base));
  };
  const keptAt = (position: number): State => {
    const state = stack.get(position);
    if (state === undefined) throw new Error(`no state was kept behind position ${position}`);
    return state;
  };

  return {
    run({ base, segments, moves, keep }, rows) {
      stack = moved(base, moves);
      const { parents, from } = parentsOfSegments(base, rows, segments);
      const states = [empty, ...from.map(keptAt)];
      const plan = planRecurrence(
        parents,
        states.length,
        kernel,
        keep.map((position) => position - base),
      );
      place = (arrays) => {
        for (const [index, position] of keep.entries()) stack.set(position, { arrays, index });
      };
      return { ...given(states), ...planFeeds(plan) };
    },
    step({ ids, moves, places }, all) {
      for (const { from, to } of moves) slots[to] = at(slots, from);
      for (const { slot, ranges } of places) slots[slot] = keptAt(at(ranges, ranges.length - 1).to - 1);
      slots.length = ids.length;
      const rows = [...ids.keys()];
      const plan = planRecurrence(
        Array.from({ length: all }, (_, b) => (b < ids.length ? -1 - b : FILLS_UP)),
        ids.length,
        kernel,
        rows,
      );
      place = (arrays) => {
        slots = rows.map((index) => ({ arrays, index }));
      };
      return { ...given(slots), ...planFeeds(plan) };
    },
    done(out) {
      place(
        tensors.map(({ name }) => {
          const data = out[name]?.data;
          if (data instanceof Float32Array) return data;
          throw new Error(`the runtime gave ${out[name]?.type ?? 'nothing'} as ${name}`);
        }),
      );
      place = () => {};
    },
  };
}
