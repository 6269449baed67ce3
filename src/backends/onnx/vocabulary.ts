/**
 * The two tables that are as long as the vocabulary. On a card no binding may be larger than the device allows, so they may lie in parts there, each part with the rows of some
 * tokens. Logits never leave the card: what comes back are the log-probabilities that were asked for, and the best token of each part with its logit.
 */
import { at } from '../../at.js';
import type { GraphBuilder } from './graph-builder.js';
import { ELEMENT } from './proto.js';

/** Tokens `start` to before `start + count`. */
export interface VocabularyPart {
  readonly start: number;
  readonly count: number;
}

/**
 * Divides a vocabulary so that no part of a table with rows of `rowBytes` takes more than `limit` bytes; a row is never divided.
 */
export function vocabularyParts(tokens: number, rowBytes: number, limit: number): VocabularyPart[] {
  const most = Math.max(1, Math.min(tokens, Math.floor(limit / rowBytes)));
  const count = Math.ceil(tokens / Math.ceil(tokens / most));
  return Array.from({ length: Math.ceil(tokens / count) }, (_, i) => ({ start: i * count, count: Math.min(count, tokens - i * count) }));
}

/** Names of what the runner feeds and fetches for part `k`; of a vocabulary in one piece they are the plain ones. */
export const partName = (name: string, k: number, parts: number): string => (parts === 1 ? name : `${name}_${k}`);

/**
 * Adds the natural logarithm of the sum of exponentials over all parts' logits [n, part], as [n, 1]. `LogSoftmax` is not used: WebGPU has no kernel for it, and
 * it would write as many numbers as there are logits.
 */
export function logTotal(g: GraphBuilder, logits: readonly string[]): { readonly total: string; readonly maxima: readonly string[] } {
  const axes = g.int64([-1]);
  const maxima = logits.map((x) => g.node('ReduceMax', [x, axes], { keepdims: 1 }));
  const [only = ''] = maxima;
  const most = maxima.length === 1 ? only : g.node('ReduceMax', [g.node('Concat', maxima, { axis: 1 }), axes], { keepdims: 1 });
  const sum = logits
    .map((x) => g.node('ReduceSum', [g.node('Exp', [g.node('Sub', [x, most])]), axes], { keepdims: 1 }))
    .reduce((a, b) => g.node('Add', [a, b]));
  return { total: g.node('Add', [g.node('Log', [sum]), most]), maxima };
}

/**
 * Adds the outputs of a scoring graph over logits [R, part] in float32: `logprob` [Q] of the `pairs` [Q, 2], and `greedy` [R] (a token of each part, counted from its start,
 * with its logit `maximum` [R, 1] where there is more than one). Of several parts each has pairs of its own, clipped to it; `pair_parts` [Q] says which counts.
 */
export function declareScores(g: GraphBuilder, logits: readonly string[]): void {
  const parts = logits.length;
  const { total, maxima } = logTotal(g, logits);
  let picked = '';
  g.input('pair_rows', 'int32', ['Q']);
  if (parts > 1) g.input('pair_parts', 'int32', ['Q']);
  for (const [k, x] of logits.entries()) {
    const here = g.node('GatherND', [x, g.input(partName('pairs', k, parts), 'int64', ['Q', 2])]);
    picked = k === 0 ? here : g.node('Where', [g.node('Equal', ['pair_parts', g.int32([k], [])]), here, picked]);
    const greedy = partName('greedy', k, parts);
    g.nodeTo([greedy], 'ArgMax', [x], { axis: -1, keepdims: 0 });
    g.output(greedy, 'int64', ['R']);
    if (parts > 1) {
      g.nodeTo([`maximum_${k}`], 'Identity', [at(maxima, k)]);
      g.output(`maximum_${k}`, 'float32', ['R', 1]);
    }
  }
  const totals = g.node('Gather', [g.node('Reshape', [total, g.int64([-1])]), 'pair_rows']);
  g.nodeTo(['logprob'], 'Sub', [picked, totals]);
  g.output('logprob', 'float32', ['Q']);
}

/**
 * Adds what stands for token ids in tables of which each holds one part: ids of each part are clipped to it, `id_parts` [n, 1] says which counts. `pick` adds what one table
 * has, as rows [n, width], or as columns [width, n].
 */
export function pickRows(g: GraphBuilder, ids: readonly string[], columns: boolean, pick: (k: number, ids: string) => string): string {
  const [first = '', ...rest] = ids.map((name, k) => pick(k, name));
  if (rest.length === 0) return first;
  const part = columns ? g.node('Reshape', ['id_parts', g.int64([1, -1])]) : 'id_parts';
  return rest.reduce((before, here, k) => g.node('Where', [g.node('Equal', [part, g.int32([k + 1], [])]), here, before]), first);
}

/** Declares `input_ids` [S], or those of each part and `id_parts` [S, 1]; returns their names. */
export function declareIds(g: GraphBuilder, parts: number): string[] {
  if (parts > 1) g.input('id_parts', 'int32', ['S', 1]);
  return Array.from({ length: parts }, (_, k) => g.input(partName('input_ids', k, parts), 'int64', ['S']));
}

/** Widens rows or logits to another type; the same name where they are of it already. */
export function castTo(g: GraphBuilder, x: string, from: keyof typeof ELEMENT, to: keyof typeof ELEMENT): string {
  return from === to ? x : g.node('Cast', [x], { to: ELEMENT[to] });
}
