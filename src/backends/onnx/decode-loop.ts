/**
 * The graph that generates on CUDA: one run computes the prompts (a shared prefix, then one block for each document, as in `attention-packed.ts`) and decodes up to
 * `steps` + 1 tokens greedily inside an ONNX `Loop`. Its keys and values stay on the card; what leaves it are tokens and their log-probabilities.
 *
 * The documents of a run go in step. A new token looks at the prefix, which is the same for all, at its document's block, and at the tokens since. Only the last grow: prefix
 * and blocks are seen from outside the loop, so a step copies no more than what the run decoded. Which column a token sees follows from positions: columns that only
 * fill up a block lie at `FAR`, and so does the column with which the grown ones begin, because no kernel likes to begin with none.
 *
 * Inputs beside those of the attention: input_ids [S], rows [B] (last row of each prompt), steps [], prompt_columns [1,B,1,L] (positions, `FAR` where filled up),
 * nowhere [1,B,1,1] (all `FAR`), starts [B,1] (position of the first new token), lasts [B] (position of the last one wanted), eos [E], prefix_width [1] = P,
 * prompt_width [1] = P + L.
 * Outputs: first_token, first_logprob [B]; tokens, logprobs [steps done, B].
 */
import { at } from '../../at.js';
import type { ModelConfig } from '../../models/model-config.js';
import { packedAttention } from './attention-packed.js';
import { attentionWeights } from './attention-sinks.js';
import { attentionOf, type Blueprint, keyLayers } from './blueprint.js';
import { type Attention, decoderParts } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import { softcap } from './layer-tools.js';
import { biasOf, FAR, inWindow } from './packed-masks.js';
import { ELEMENT } from './proto.js';
import { carriedStates, stepRecurrence, treeRecurrence } from './recurrence.js';
import { logTotal } from './vocabulary.js';

/** Additive masks of a step, [1, B or 1, 1, columns]. */
interface StepMasks {
  readonly prefix: string;
  readonly block: string;
  readonly own: string;
}

/** Behind every column. */
const TO_THE_END = 2 ** 31;

/**
 * Adds the whole graph to `g`. Throws `UserError` when a tensor is missing or of another shape than the config says.
 */
export function writeGenerator(g: GraphBuilder, c: ModelConfig, b: Blueprint): void {
  const attention = packedAttention(g, b);
  g.input('input_ids', 'int64', ['S']);
  attention.declare();
  g.input('rows', 'int64', ['B']);
  g.input('steps', 'int64', []);
  g.input('prompt_columns', 'int64', [1, 'B', 1, 'L']);
  g.input('nowhere', 'int64', [1, 'B', 1, 1]);
  g.input('starts', 'int64', ['B', 1]);
  g.input('lasts', 'int64', ['B']);
  g.input('eos', 'int64', ['E']);
  g.input('prefix_width', 'int64', [1]);
  g.input('prompt_width', 'int64', [1]);

  const recurrence = treeRecurrence(g, b, false);
  recurrence.declare();
  const parts = decoderParts(g, c, b);
  const prompt = parts.layers(g, parts.embed(g, ['input_ids'], attention), attention, recurrence);

  /** The best token of each row, its log-probability, and who ends with it. */
  const choose = (graph: GraphBuilder, rows: string, position: string, before: string | null) => {
    const logits = at(parts.output(graph, rows), 0);
    const token = graph.node('ArgMax', [logits], { axis: -1, keepdims: 0 });
    const column = graph.node('Reshape', [token, graph.int64([-1, 1])]);
    const { total, maxima } = logTotal(graph, [logits]);
    const logprob = graph.node('Reshape', [graph.node('Sub', [at(maxima, 0), total]), graph.int64([-1])]);
    const matches = graph.node('Cast', [graph.node('Equal', [column, 'eos'])], { to: ELEMENT.int32 });
    const ended = graph.node('Cast', [graph.node('ReduceMax', [matches, graph.int64([1])], { keepdims: 0 })], { to: ELEMENT.bool });
    const over = graph.node('GreaterOrEqual', [graph.node('Reshape', [position, graph.int64([-1])]), 'lasts']);
    const now = graph.node('Or', [ended, over]);
    const done = before === null ? now : graph.node('Or', [now, before]);
    const all = graph.node('ReduceMin', [graph.node('Cast', [done], { to: ELEMENT.int32 })], { keepdims: 0 });
    return { token, logprob, done, goesOn: graph.node('Not', [graph.node('Cast', [all], { to: ELEMENT.bool })]) };
  };

  const first = choose(g, g.node('Gather', [prompt, 'rows']), 'starts', null);
  g.nodeTo(['first_token'], 'Identity', [first.token]);
  g.nodeTo(['first_logprob'], 'Identity', [first.logprob]);

  const body = g.body('step');
  body.input('iteration', 'int64', []);
  body.input('go', 'bool', []);
  body.input('token', 'int64', [null]);
  body.input('position', 'int64', [null, 1]);
  body.input('columns', 'int64', [1, null, 1, null]);
  body.input('done', 'bool', [null]);
  for (const { layer, part } of keyLayers(b)) {
    body.input(`keys_${layer}`, g.compute, [part.kvHeads, null, part.headDim, null]);
    body.input(`values_${layer}`, g.compute, [part.kvHeads, null, null, part.headDim]);
  }
  const carried = carriedStates(b);
  for (const { name, dims } of carried) body.input(name, 'float32', [null, ...dims]);
  const own = ownAttention(g, body, b, attention);
  const step = stepRecurrence(g.compute);
  const x = parts.layers(body, parts.embed(body, ['token'], own.attention), own.attention, step);
  const position = body.node('Add', ['position', body.int64([1], [])]);
  const next = choose(body, x, position, 'done');
  const outputs: [string, 'bool' | 'int64' | 'float32' | typeof g.compute][] = [
    [next.goesOn, 'bool'],
    [next.token, 'int64'],
    [position, 'int64'],
    [own.columns, 'int64'],
    [next.done, 'bool'],
    ...own.grown.map((name): [string, typeof g.compute] => [name, g.compute]),
    ...step.next.map((name): [string, 'float32'] => [name, 'float32']),
    // What is collected over all steps must be another value than what goes into the next one.
    [body.node('Identity', [next.token]), 'int64'],
    [next.logprob, 'float32'],
  ];
  for (const [name, type] of outputs) body.output(name, type, name === next.goesOn ? [] : name === next.logprob ? [null] : null);

  /** The first column of a block, as the column that nobody sees. */
  const begin = (x: string, axis: number): string => g.node('Slice', [x, g.int64([0]), g.int64([1]), g.int64([axis])]);
  const keptOf = (layer: number, of: 'conv' | 'state'): string => {
    const value = recurrence.kept(layer)[of];
    if (value === null) throw new RangeError(`layer ${layer} carries no ${of}`);
    return value;
  };
  const initial = keyLayers(b)
    .map(({ layer }) => attention.kept(layer))
    .flatMap((k) => [begin(k.blockKeys, 3), begin(k.blockValues, 2)])
    .concat(carried.map(({ layer, of, dims }) => g.node('Reshape', [keptOf(layer, of), g.int64([-1, ...dims])])));
  const last = ['token', 'position', 'columns', 'done', ...initial].map((_, i) => `last_${i}`);
  g.nodeTo([...last, 'tokens', 'logprobs'], 'Loop', ['steps', first.goesOn, first.token, 'starts', 'nowhere', first.done, ...initial], {
    body: { graph: body.message },
  });
  g.output('first_token', 'int64', ['B']);
  g.output('first_logprob', 'float32', ['B']);
  g.output('tokens', 'int64', ['K', 'B']);
  g.output('logprobs', 'float32', ['K', 'B']);
}

/** Attention of one new token per document over the prefix, its block and what was decoded since. */
function ownAttention(
  root: GraphBuilder,
  body: GraphBuilder,
  b: Blueprint,
  prompt: ReturnType<typeof packedAttention>,
): { readonly attention: Attention; readonly columns: string; readonly grown: string[] } {
  const here = body.node('Reshape', ['position', body.int64([1, -1, 1, 1])]);
  const columns = body.node('Concat', ['columns', here], { axis: 3 });
  const made = new Map<number | null, StepMasks>();
  const masks = (l: number): StepMasks => {
    const { window } = attentionOf(b, l);
    const known = made.get(window);
    if (known !== undefined) return known;
    /** Real columns of the prompt; where no window moves along, they are the same in all steps. */
    const ofPrompt = (names: string): string => {
      const graph = window === null ? root : body;
      let seen = graph.node('Less', [names, graph.int64([FAR], [])]);
      if (window !== null) seen = body.node('And', [seen, inWindow(body, here, names, window)]);
      return biasOf(graph, seen, graph.scalar(0));
    };
    let seen = body.node('LessOrEqual', [columns, here]);
    if (window !== null) seen = body.node('And', [seen, inWindow(body, here, columns, window)]);
    const all = {
      prefix: window === null ? prompt.masks(l).blocksOnPrefix : ofPrompt('prefix_columns'),
      block: ofPrompt('prompt_columns'),
      own: biasOf(body, seen, body.scalar(0)),
    };
    made.set(window, all);
    return all;
  };
  const grown: string[] = [];
  /** Keys and values of the decoded tokens, of each layer. */
  const decoded = new Map<number, { readonly keys: string; readonly values: string }>();
  const attention: Attention = {
    declare: () => {},
    positions: 'position',
    rotate: (l, x, kind) => prompt.tables.rotate(body, l, x, 'position', kind),
    attend(l, query, key, value) {
      const part = attentionOf(b, l);
      const { heads, kvHeads, headDim } = part;
      const group = heads / kvHeads;
      const capped = (scores: string): string => (part.softcap === null ? scores : softcap(body, scores, part.softcap));
      const { prefixKeys, prefixValues, blockKeys, blockValues } = prompt.kept(l);
      const mask = masks(l);
      /** From [B, ...] to [kv heads, B, ...]. */
      const perHead = (x: string, shape: readonly number[]): string =>
        body.node('Transpose', [body.node('Reshape', [x, body.int64(shape)])], { perm: [1, 0, 2, 3] });
      const q = perHead(prompt.tables.scaled(body, l, query), [-1, kvHeads, group, headDim]);
      const own = (part.keysOf === undefined ? undefined : decoded.get(part.keysOf)) ?? {
        keys: body.node('Concat', [`keys_${l}`, perHead(key, [-1, kvHeads, headDim, 1])], { axis: 3 }),
        values: body.node('Concat', [`values_${l}`, perHead(value, [-1, kvHeads, 1, headDim])], { axis: 2 }),
      };
      const { keys, values } = own;
      decoded.set(l, own);
      if (part.keysOf === undefined) grown.push(keys, values);
      const all = body.node('Reshape', [q, body.int64([kvHeads, 1, -1, headDim])]);
      const onPrefix = capped(body.node('MatMul', [all, prefixKeys]));
      const far = body.node('Add', [body.node('Reshape', [onPrefix, body.int64([kvHeads, -1, group, 0])]), mask.prefix]);
      const block = body.node('Add', [capped(body.node('MatMul', [q, blockKeys])), mask.block]);
      const onOwn = body.node('Add', [capped(body.node('MatMul', [q, keys])), mask.own]);
      const weights = attentionWeights(body, body.node('Concat', [far, block, onOwn], { axis: -1 }), part);
      const columnsOf = (from: string, to: string): string => body.node('Slice', [weights, from, to, body.int64([3])]);
      const farWeights = body.node('Reshape', [columnsOf(body.int64([0]), 'prefix_width'), body.int64([kvHeads, 1, -1, 0])]);
      const fromPrefix = body.node('MatMul', [farWeights, prefixValues]);
      const fromBlock = body.node('MatMul', [columnsOf('prefix_width', 'prompt_width'), blockValues]);
      const fromOwn = body.node('MatMul', [columnsOf('prompt_width', body.int64([TO_THE_END])), values]);
      const prompted = body.node('Add', [body.node('Reshape', [fromPrefix, body.int64([kvHeads, -1, group, headDim])]), fromBlock]);
      const seen = body.node('Add', [prompted, fromOwn]);
      const rows = body.node('Transpose', [seen], { perm: [1, 0, 2, 3] });
      return body.node('Reshape', [rows, body.int64([-1, heads * headDim])]);
    },
  };
  return { attention, columns, grown };
}
