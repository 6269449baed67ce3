/**
 * Layers that carry a state from token to token: the rows before each row for a short convolution, and a matrix for each head for a linear attention. The tree of texts of a run is
 * walked level by level (`recurrence-plan.ts`) in a `Loop`; all else of a layer is computed for all rows at once.
 *
 * Inputs (int64): rows_at, level_rows, level_pieces, level_keeps, piece_state, piece_keep, row_place [S], kept_states [E], levels [], tap_<j> [S], kept_taps [E x (kernel - 1)], and
 * where states stay between runs past_conv_<l> [N x (kernel - 1), channels], past_state_<l> [N, heads, key, value]. Outputs then: conv_<l> [E x (kernel - 1), channels], state_<l> [E, ...].
 */
import { type Blueprint, recurrentLayers, type StatePart } from './blueprint.js';
import type { GraphBuilder } from './graph-builder.js';
import { castTo } from './vocabulary.js';

/** Names of the plan's inputs, as `RecurrencePlan` has them. */
export const PLAN_INPUTS = {
  rows_at: 'rowsAt',
  level_rows: 'levelRows',
  level_pieces: 'levelPieces',
  level_keeps: 'levelKeeps',
  piece_state: 'pieceState',
  piece_keep: 'pieceKeep',
  row_place: 'rowPlace',
  kept_states: 'keptStates',
  kept_taps: 'keptTaps',
} as const;

export interface Recurrence {
  /** Rows [S, channels] and those before them, the nearest first: `kernel` names of [S, channels]. */
  window(g: GraphBuilder, layer: number, x: string, channels: number, kernel: number): string[];
  /** Rows [S, value heads x value] of the recurrence over rows [S, `rowWidth`]: query, key, value, decay and (of a delta network) beta behind one another. */
  advance(g: GraphBuilder, layer: number, rows: string, part: StatePart): string;
}

/** Numbers of a row of the recurrence. */
function rowWidth(part: StatePart): number {
  return rowParts(part).reduce((sum, { size }) => sum + size, 0);
}

function rowParts({ kind, keyHeads, valueHeads, keyDim, valueDim }: StatePart): { readonly name: string; readonly size: number }[] {
  return [
    { name: 'query', size: keyHeads * keyDim },
    { name: 'key', size: keyHeads * keyDim },
    { name: 'value', size: valueHeads * valueDim },
    { name: 'decay', size: valueHeads },
    ...(kind === 'delta' ? [{ name: 'beta', size: valueHeads }] : []),
  ];
}

/**
 * Adds the recurrence of pieces: `rows` [B, T, `rowWidth`] and states [B, heads, key, value]; returns rows [B, T, heads x value] and the states behind them. The step of a delta network is
 * S' = e^g S + k (beta (v - k^T e^g S))^T (Yang et al. 2024), that of a state space S' = e^g S + k v^T; its output is q^T S'.
 */
function stateStep(g: GraphBuilder, rows: string, state: string, part: StatePart): { readonly out: string; readonly state: string } {
  const parts = rowParts(part);
  const names = parts.map(({ name }) => `${rows}_${name}`);
  g.nodeTo(names, 'Split', [rows, g.int64(parts.map(({ size }) => size))], { axis: 2 });
  const [out, next] = [`${rows}_out`, `${rows}_next`];
  g.nodeTo(
    [out, next],
    'LinearAttention',
    [...names.slice(0, 3), state, ...names.slice(3)],
    {
      q_num_heads: part.keyHeads,
      kv_num_heads: part.valueHeads,
      update_rule: part.kind === 'delta' ? 'gated_delta' : 'gated',
      scale: { float: 1 },
    },
    'com.microsoft',
  );
  return { out, state: next };
}

export interface TreeRecurrence extends Recurrence {
  declare(): void;
  /** The states that were asked for, of a layer that has been written; `state` is null where the layer has none. */
  kept(layer: number): { readonly conv: string; readonly state: string | null };
}

/**
 * Returns the recurrence over the tree of a run. `stays`: states are given to the run and given back; else every text begins in it.
 */
export function treeRecurrence(g: GraphBuilder, b: Blueprint, stays: boolean): TreeRecurrence {
  const layers = recurrentLayers(b);
  const kept = new Map<number, { conv: string; state: string | null }>();
  const zeros = (dims: readonly number[]): string => g.node('Expand', [g.scalar(0), g.int64(dims)]);

  return {
    declare() {
      const [first] = layers;
      if (first === undefined) return;
      for (const name of Object.keys(PLAN_INPUTS)) g.input(name, 'int64', [name === 'row_place' ? 'S' : null]);
      g.input('levels', 'int64', []);
      for (let j = 1; j < first.part.kernel; j++) g.input(`tap_${j}`, 'int64', ['S']);
      if (!stays) return;
      for (const { layer, part } of layers) {
        g.input(`past_conv_${layer}`, 'float32', [null, part.channels]);
        g.output(`conv_${layer}`, 'float32', [null, part.channels]);
        if (part.kind === 'convolution') continue;
        const state = [null, part.valueHeads, part.keyDim, part.valueDim];
        g.input(`past_state_${layer}`, 'float32', state);
        g.output(`state_${layer}`, 'float32', state);
      }
    },
    kept(layer) {
      const states = kept.get(layer);
      if (states === undefined) throw new Error(`layer ${layer} has not been written`);
      return states;
    },
    window(at, l, x, channels, kernel) {
      const past = stays ? castTo(at, `past_conv_${l}`, 'float32', g.compute) : zeros([kernel - 1, channels]);
      const all = at.node('Concat', [past, x], { axis: 0 });
      at.nodeTo([`conv_${l}`], 'Gather', [castTo(at, all, g.compute, 'float32'), 'kept_taps']);
      kept.set(l, { conv: `conv_${l}`, state: null });
      return [x, ...Array.from({ length: kernel - 1 }, (_, j) => at.node('Gather', [all, `tap_${j + 1}`]))];
    },
    advance(at, l, rows, part) {
      const { valueHeads, keyDim, valueDim } = part;
      const width = rowWidth(part);
      // Behind the last row stands one of zeros, with which pieces are filled up: it changes no state.
      const filled = at.node('Pad', [castTo(at, rows, g.compute, 'float32'), at.int64([0, 0, 1, 0])]);
      const size = [1, valueHeads, keyDim, valueDim];
      const none = g.floats('no state', Float32Array.of(0), []);
      const pool = stays ? `past_state_${l}` : at.node('Expand', [none, at.int64(size)]);
      const first = at.node('Expand', [none, at.int64([1, valueHeads * valueDim])]);

      const body = at.body(`levels_${l}`);
      const [iteration, go, states, done] = ['iteration', 'go', 'pool', 'done'].map((name) => `${name}_${l}`) as [
        string,
        string,
        string,
        string,
      ];
      body.input(iteration, 'int64', []);
      body.input(go, 'bool', []);
      body.input(states, 'float32', [null, ...size.slice(1)]);
      body.input(done, 'float32', [null, valueHeads * valueDim]);
      const here = body.node('Reshape', [iteration, body.int64([1])]);
      const next = body.node('Add', [here, body.int64([1])]);
      const part_ = (values: string, offsets: string): string =>
        body.node('Slice', [values, body.node('Gather', [offsets, here]), body.node('Gather', [offsets, next]), body.int64([0])]);
      const begin = part_('piece_state', 'level_pieces');
      const shape = body.node('Concat', [body.node('Shape', [begin]), body.int64([-1, width])], { axis: 0 });
      const own = body.node('Reshape', [body.node('Gather', [filled, part_('rows_at', 'level_rows')]), shape]);
      const stepped = stateStep(body, own, body.node('Gather', [states, begin]), part);
      const ended = body.node('Gather', [stepped.state, part_('piece_keep', 'level_keeps')]);
      const outputs = [
        body.node('Identity', [go]),
        body.node('Concat', [states, ended], { axis: 0 }),
        body.node('Concat', [done, body.node('Reshape', [stepped.out, body.int64([-1, valueHeads * valueDim])])], { axis: 0 }),
      ];
      for (const [i, name] of outputs.entries()) body.output(name, i === 0 ? 'bool' : 'float32', i === 0 ? [] : null);

      const [allStates, allRows] = [`all_states_${l}`, `all_rows_${l}`];
      at.nodeTo([allStates, allRows], 'Loop', ['levels', '', pool, first], { body: { graph: body.message } });
      at.nodeTo([`state_${l}`], 'Gather', [allStates, 'kept_states']);
      kept.set(l, { conv: `conv_${l}`, state: `state_${l}` });
      const out = at.node('Gather', [allRows, 'row_place']);
      return castTo(at, out, 'float32', g.compute);
    },
  };
}

export interface StepRecurrence extends Recurrence {
  /** What the next step goes on from, in the order of `carried`; after all layers have been written. */
  readonly next: string[];
}

/** What a step of generation carries for each layer: its name in the body, its type, its shape without the documents. */
export function carriedStates(
  b: Blueprint,
): { readonly name: string; readonly layer: number; readonly of: 'conv' | 'state'; readonly dims: readonly number[] }[] {
  return recurrentLayers(b).flatMap(({ layer, part }) => [
    { name: `own_conv_${layer}`, layer, of: 'conv' as const, dims: [part.kernel - 1, part.channels] },
    ...(part.kind !== 'convolution'
      ? [{ name: `own_state_${layer}`, layer, of: 'state' as const, dims: [part.valueHeads, part.keyDim, part.valueDim] }]
      : []),
  ]);
}

/**
 * Returns the recurrence of one new row for each document, in the body of a loop that carries `carriedStates` in float32.
 */
export function stepRecurrence(compute: GraphBuilder['compute']): StepRecurrence {
  const next: string[] = [];
  return {
    next,
    window(g, l, x, channels, kernel) {
      const past = `own_conv_${l}`;
      const row = g.node('Reshape', [castTo(g, x, compute, 'float32'), g.int64([-1, 1, channels])]);
      const all = g.node('Concat', [past, row], { axis: 1 });
      next.push(g.node('Slice', [all, g.int64([1]), g.int64([kernel]), g.int64([1])]));
      return Array.from({ length: kernel }, (_, back) => {
        if (back === 0) return x;
        const at = g.node('Slice', [all, g.int64([kernel - 1 - back]), g.int64([kernel - back]), g.int64([1])]);
        return castTo(g, g.node('Reshape', [at, g.int64([-1, channels])]), 'float32', compute);
      });
    },
    advance(g, l, rows, part) {
      const own = g.node('Reshape', [castTo(g, rows, compute, 'float32'), g.int64([-1, 1, rowWidth(part)])]);
      const { out, state } = stateStep(g, own, `own_state_${l}`, part);
      next.push(state);
      return castTo(g, g.node('Reshape', [out, g.int64([-1, part.valueHeads * part.valueDim])]), 'float32', compute);
    },
  };
}
