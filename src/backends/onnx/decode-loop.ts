/**
 * The graph that generates on CUDA: one run computes the prompts (a shared prefix, then one block for each document, as in `attention-packed.ts`) and decodes up to
 * `steps` + 1 tokens greedily inside an ONNX `Loop`. Its keys and values stay on the card; what leaves it are tokens and their log-probabilities.
 *
 * The documents of a run go in step. A new token looks at the prefix, which is the same for all, and at its own columns: its block and the tokens since, which every
 * step makes one longer. Which column a token sees follows from positions: columns that only fill up a block lie at `FAR`.
 *
 * Inputs beside those of the attention: input_ids [S], rows [B] (last row of each prompt), steps [], own_columns [1,B,1,L] (positions, `FAR` where filled up),
 * starts [B,1] (position of the first new token), lasts [B] (position of the last one wanted), eos [E], prefix_width [1] = P.
 * Outputs: first_token, first_logprob [B]; tokens, logprobs [steps done, B].
 */
import type { ModelConfig } from '../../models/model-config.js';
import { packedAttention } from './attention-packed.js';
import { type Attention, type Blueprint, decoderParts, slidesAnywhere, softcap } from './decoder.js';
import type { GraphBuilder } from './graph-builder.js';
import { biasOf, FAR, inWindow } from './packed-masks.js';
import { ELEMENT } from './proto.js';

/** Behind every column. */
const TO_THE_END = 2 ** 31;

/**
 * Adds the whole graph to `g`. Throws `UserError` when a tensor is missing or of another shape than the config says.
 */
export function writeGenerator(g: GraphBuilder, c: ModelConfig, b: Blueprint): void {
  const attention = packedAttention(g, c, b);
  g.input('input_ids', 'int64', ['S']);
  attention.declare();
  g.input('rows', 'int64', ['B']);
  g.input('steps', 'int64', []);
  g.input('own_columns', 'int64', [1, 'B', 1, 'L']);
  g.input('starts', 'int64', ['B', 1]);
  g.input('lasts', 'int64', ['B']);
  g.input('eos', 'int64', ['E']);
  g.input('prefix_width', 'int64', [1]);

  const parts = decoderParts(g, c, b);
  let prompt = parts.embed(g, 'input_ids');
  for (let l = 0; l < c.layers; l++) prompt = parts.layer(g, l, prompt, attention);

  /** The best token of each row, its log-probability, and who ends with it. */
  const choose = (at: GraphBuilder, rows: string, position: string, before: string | null) => {
    const { logits, logSoftmax } = parts.output(at, rows);
    const token = at.node('ArgMax', [logits], { axis: -1, keepdims: 0 });
    const column = at.node('Reshape', [token, at.int64([-1, 1])]);
    const logprob = at.node('GatherND', [logSoftmax, column], { batch_dims: 1 });
    const matches = at.node('Cast', [at.node('Equal', [column, 'eos'])], { to: ELEMENT.int32 });
    const ended = at.node('Cast', [at.node('ReduceMax', [matches, at.int64([1])], { keepdims: 0 })], { to: ELEMENT.bool });
    const over = at.node('GreaterOrEqual', [at.node('Reshape', [position, at.int64([-1])]), 'lasts']);
    const now = at.node('Or', [ended, over]);
    const done = before === null ? now : at.node('Or', [now, before]);
    const all = at.node('ReduceMin', [at.node('Cast', [done], { to: ELEMENT.int32 })], { keepdims: 0 });
    return { token, logprob, done, goesOn: at.node('Not', [at.node('Cast', [all], { to: ELEMENT.bool })]) };
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
  for (let l = 0; l < c.layers; l++) {
    body.input(`keys_${l}`, g.compute, [c.kvHeads, null, c.headDim, null]);
    body.input(`values_${l}`, g.compute, [c.kvHeads, null, null, c.headDim]);
  }
  const own = ownAttention(body, c, b, attention);
  let x = parts.embed(body, 'token');
  for (let l = 0; l < c.layers; l++) x = parts.layer(body, l, x, own.attention);
  const position = body.node('Add', ['position', body.int64([1], [])]);
  const next = choose(body, x, position, 'done');
  const outputs: [string, 'bool' | 'int64' | 'float32' | typeof g.compute][] = [
    [next.goesOn, 'bool'],
    [next.token, 'int64'],
    [position, 'int64'],
    [own.columns, 'int64'],
    [next.done, 'bool'],
    ...own.grown.map((name): [string, typeof g.compute] => [name, g.compute]),
    // What is collected over all steps must be another value than what goes into the next one.
    [body.node('Identity', [next.token]), 'int64'],
    [next.logprob, 'float32'],
  ];
  for (const [name, type] of outputs) body.output(name, type, name === next.goesOn ? [] : name === next.logprob ? [null] : null);

  const initial = Array.from({ length: c.layers }, (_, l) => attention.kept(l)).flatMap((k) => [k.blockKeys, k.blockValues]);
  const last = ['token', 'position', 'columns', 'done', ...initial].map((_, i) => `last_${i}`);
  g.nodeTo([...last, 'tokens', 'logprobs'], 'Loop', ['steps', first.goesOn, first.token, 'starts', 'own_columns', first.done, ...initial], {
    body: { graph: body.message },
  });
  g.output('first_token', 'int64', ['B']);
  g.output('first_logprob', 'float32', ['B']);
  g.output('tokens', 'int64', ['K', 'B']);
  g.output('logprobs', 'float32', ['K', 'B']);
}

/** Attention of one new token per document over the prefix and its own columns. */
function ownAttention(
  body: GraphBuilder,
  c: ModelConfig,
  b: Blueprint,
  prompt: ReturnType<typeof packedAttention>,
): { readonly attention: Attention; readonly columns: string; readonly grown: string[] } {
  const group = c.heads / c.kvHeads;
  const here = body.node('Reshape', ['position', body.int64([1, -1, 1, 1])]);
  const columns = body.node('Concat', ['columns', here], { axis: 3 });
  const made = new Map<boolean, { readonly prefix: string; readonly own: string }>();
  const masks = (l: number): { readonly prefix: string; readonly own: string } => {
    const local = slidesAnywhere(c, b) && b.slides(l);
    const known = made.get(local);
    if (known !== undefined) return known;
    let seen = body.node('LessOrEqual', [columns, here]);
    let { blocksOnPrefix: prefix } = prompt.masks(l);
    if (local && b.window !== null) {
      seen = body.node('And', [seen, inWindow(body, here, columns, b.window)]);
      const real = body.node('Less', ['prefix_columns', body.int64([FAR], [])]);
      const near = body.node('And', [real, inWindow(body, here, 'prefix_columns', b.window)]);
      prefix = biasOf(body, near, body.scalar(0));
    }
    const masksOfKind = { prefix, own: biasOf(body, seen, body.scalar(0)) };
    made.set(local, masksOfKind);
    return masksOfKind;
  };
  const grown: string[] = [];
  const capped = (scores: string): string => (b.attentionSoftcap === null ? scores : softcap(body, scores, b.attentionSoftcap));
  const attention: Attention = {
    declare: () => {},
    attend(l, query, key, value) {
      const { prefixKeys, prefixValues } = prompt.kept(l);
      const mask = masks(l);
      const rotate = (x: string, kind: 'query' | 'key'): string => {
        const n = kind === 'query' ? c.heads : c.kvHeads;
        return prompt.tables.rotate(body, l, body.node('Reshape', [x, body.int64([-1, 1, n * c.headDim])]), 'position', kind);
      };
      /** From [B, ...] to [kv heads, B, ...]. */
      const perHead = (x: string, shape: readonly number[]): string =>
        body.node('Transpose', [body.node('Reshape', [x, body.int64(shape)])], { perm: [1, 0, 2, 3] });
      const q = perHead(rotate(query, 'query'), [-1, c.kvHeads, group, c.headDim]);
      const keys = body.node('Concat', [`keys_${l}`, perHead(rotate(key, 'key'), [-1, c.kvHeads, c.headDim, 1])], { axis: 3 });
      const values = body.node('Concat', [`values_${l}`, perHead(value, [-1, c.kvHeads, 1, c.headDim])], { axis: 2 });
      grown.push(keys, values);
      const all = body.node('Reshape', [q, body.int64([c.kvHeads, 1, -1, c.headDim])]);
      const onPrefix = capped(body.node('MatMul', [all, prefixKeys]));
      const far = body.node('Add', [body.node('Reshape', [onPrefix, body.int64([c.kvHeads, -1, group, 0])]), mask.prefix]);
      const near = body.node('Add', [capped(body.node('MatMul', [q, keys])), mask.own]);
      const weights = body.node('Softmax', [body.node('Concat', [far, near], { axis: -1 })], { axis: -1 });
      const axis = body.int64([3]);
      const farWeights = body.node('Slice', [weights, body.int64([0]), 'prefix_width', axis]);
      const nearWeights = body.node('Slice', [weights, 'prefix_width', body.int64([TO_THE_END]), axis]);
      const fromPrefix = body.node('MatMul', [body.node('Reshape', [farWeights, body.int64([c.kvHeads, 1, -1, 0])]), prefixValues]);
      const seen = body.node('Add', [
        body.node('Reshape', [fromPrefix, body.int64([c.kvHeads, -1, group, c.headDim])]),
        body.node('MatMul', [nearWeights, values]),
      ]);
      const rows = body.node('Transpose', [seen], { perm: [1, 0, 2, 3] });
      return body.node('Reshape', [rows, body.int64([-1, c.heads * c.headDim])]);
    },
  };
  return { attention, columns, grown };
}
