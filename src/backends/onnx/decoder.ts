/**
 * Writes the graph of a decoder-only transformer from its `Blueprint` (`blueprint.ts`), which each file of `architectures/` fills in; how attention is computed is an `Attention`
 * (`attention-cached.ts`, `attention-packed.ts`, `attention-stacked.ts`).
 *
 * One run computes `S` tokens. They are packed: they belong to one or many documents, and a mask says what each may see. Only the rows that are scored reach the
 * output layer.
 *
 * Inputs: input_ids [S], rows [R] (row index of each scored position), pairs [Q,2] (index into rows, token id), and those of the attention.
 * Outputs: logprob [Q] (natural log), greedy [R] (arg max token).
 */
import type { ModelConfig } from '../../models/model-config.js';
import { writeAttention } from './attention-heads.js';
import type { Attention, Block, Blueprint, Laurel, Mixer, Norm, PerLayerEmbedding } from './blueprint.js';
import { writeConvolution, writeDelta } from './delta-net.js';
import { writeFeedForward } from './feed-forward.js';
import type { GraphBuilder, MatrixUse, StoredMatrix } from './graph-builder.js';
import { activate, layerTools, softcap } from './layer-tools.js';
import { writeMamba } from './mamba.js';
import { positionRows } from './positions.js';
import { type Recurrence, treeRecurrence } from './recurrence.js';
import { addToOthers, closeStreams, corrected, openStreams, predicted, stream } from './streams.js';
import { castTo, declareIds, declareScores, pickRows, type VocabularyPart, vocabularyParts } from './vocabulary.js';

/** Largest part of an output layer, in bytes of float32, that is widened at once where matrices stay as they are stored. */
const WIDENED_PART_BYTES = 256 * 1024 ** 2;

export type { Attention } from './blueprint.js';

/** What the layers begin with. */
export interface Embedded {
  /** [n, hidden] */
  readonly rows: string;
  /** [n, layers, size] of models whose layers learn more of each token. */
  readonly perLayer: string | null;
}

/** The parts of a decoder; each adds nodes to the graph (or loop body) that it is given, weights always to the outermost graph. */
export interface DecoderParts {
  /** Embeddings of token ids [n]; of a vocabulary in parts, ids of each part (`vocabulary.ts`). */
  embed(g: GraphBuilder, ids: readonly string[], attention: Attention): Embedded;
  /** All layers, one behind the other: rows [n, hidden]. */
  layers(g: GraphBuilder, embedded: Embedded, attention: Attention, recurrence: Recurrence): string;
  /** Logits in float32 [n, part] of rows that left the last layer, for each part of the vocabulary. */
  output(g: GraphBuilder, x: string): string[];
}

/**
 * Returns the parts of the decoder, whose weights go into `root`. They throw `UserError` (through `root.weight`) when a tensor is missing or of another shape
 * than the config says.
 */
export function decoderParts(
  root: GraphBuilder,
  c: Pick<ModelConfig, 'hiddenSize' | 'vocabSize'>,
  b: Blueprint,
  vocabulary: readonly VocabularyPart[] = [{ start: 0, count: c.vocabSize }],
): DecoderParts {
  const tools = layerTools(root);
  const width = b.embedding.width ?? c.hiddenSize;
  const table = (name: string, use: MatrixUse, wide = width, tokens = c.vocabSize, parts = vocabulary): StoredMatrix[] =>
    parts.map(({ start, count }) => {
      const part = { start, count: Math.min(count, tokens - start) };
      return root.matrix(`${name}.weight`, [tokens, wide], parts.length === 1 ? undefined : part, use);
    });
  // Where tables stay in the files, one that is looked up in and multiplied with is two.
  const shared = b.output.tied && root.storage === 'widened';
  const embeddings = table(b.embedding.table, shared ? 'product' : 'rows');
  const outputs = root.storage === 'as stored' ? vocabularyParts(c.vocabSize, 4 * width, WIDENED_PART_BYTES) : vocabulary;
  const scaled = (g: GraphBuilder, x: string, scale: number | null): string => (scale === null ? x : g.node('Mul', [x, g.scalar(scale)]));
  const normed = (g: GraphBuilder, x: string, norm: Norm | null): string => (norm === null ? x : tools.norm(g, x, norm, c.hiddenSize));

  /** The bias of the output layer for part `k` of the vocabulary. */
  function biasPart(k: number): string {
    const all = root.weight(`${b.output.name}.bias`, [c.vocabSize]);
    const { start, count } = outputs[k] ?? missing();
    return outputs.length === 1 ? all : root.node('Slice', [all, root.int64([start]), root.int64([start + count]), root.int64([0])]);
  }

  function mix(g: GraphBuilder, l: number, x: string, mixer: Mixer, attention: Attention, recurrence: Recurrence): string {
    if (mixer.kind === 'attention') return writeAttention(tools, g, l, x, mixer, attention, c.hiddenSize);
    if (mixer.kind === 'mamba') return writeMamba(tools, g, l, x, mixer, recurrence, c.hiddenSize);
    if (mixer.kind === 'delta') return writeDelta(tools, g, l, x, mixer, recurrence, c.hiddenSize);
    return writeConvolution(tools, g, l, x, mixer, recurrence, c.hiddenSize);
  }

  /** The rows of a table for token ids. */
  function picked(g: GraphBuilder, ids: readonly string[], from: readonly StoredMatrix[]): string {
    // All parts of a table lie alike.
    const { scale, transposed } = from[0] ?? missing();
    const found = pickRows(g, ids, transposed, (k, own) => {
      const { name, type } = from[k] ?? missing();
      return castTo(g, g.node('Gather', [name, own], transposed ? { axis: 1 } : {}), type, g.compute);
    });
    const rows = transposed ? g.node('Transpose', [found], { perm: [1, 0] }) : found;
    return scale === 1 ? rows : g.node('Mul', [rows, g.scalar(scale)]);
  }

  /** The rows of a table of fewer tokens than there are: those beyond it take the first row. */
  function pickedUpTo(g: GraphBuilder, ids: readonly string[], from: readonly StoredMatrix[], tokens: number): string {
    const { start, count } = vocabulary.at(-1) ?? missing();
    const last = ids.at(-1) ?? missing();
    if (tokens === start + count) return picked(g, ids, from);
    const inside = g.node('Less', [last, g.int64([tokens - start], [])]);
    const zero = g.int64([0], []);
    const held = [...ids.slice(0, -1), g.node('Where', [inside, last, zero])];
    const rows = picked(g, held, from);
    if (ids.length === 1) return rows;
    const first = picked(
      g,
      ids.map((id) => g.node('Mul', [id, zero])),
      from.map(() => from[0] ?? missing()),
    );
    const beyond = g.node('And', [
      g.node('Equal', ['id_parts', g.int32([ids.length - 1], [])]),
      g.node('Not', [g.node('Unsqueeze', [inside, g.int64([1])])]),
    ]);
    return g.node('Where', [beyond, first, rows]);
  }

  /** What each layer learns of the tokens whose embeddings are `rows`, [n, layers, size]. */
  function perLayerRows(g: GraphBuilder, ids: readonly string[], rows: string, p: PerLayerEmbedding): string {
    const all = b.blocks.length * p.size;
    const apart = (x: string): string => g.node('Reshape', [x, g.int64([-1, b.blocks.length, p.size])]);
    const ofToken = scaled(g, pickedUpTo(g, ids, table(p.table, 'rows', all, p.rows), p.rows), p.scale);
    const ofRow = tools.norm(
      g,
      apart(scaled(g, tools.linear(g, rows, p.projection, all, c.hiddenSize), p.projectionScale)),
      p.norm,
      p.size,
    );
    return scaled(g, g.node('Add', [ofRow, apart(ofToken)]), p.sumScale);
  }

  /** Layer `l` with what it does of its own at its end; rows are [n, hidden], or [n, streams, hidden] of a model with streams. */
  function wholeLayer(
    g: GraphBuilder,
    l: number,
    x: string,
    block: Block,
    perLayer: string | null,
    rest: readonly [Attention, Recurrence],
  ): string {
    const { streams } = b;
    const { altUp } = block;
    if (streams === undefined || altUp === undefined) {
      const rows = layer(g, l, x, block, ...rest);
      const learnt = learntOf(g, l, rows, block, perLayer);
      const sum = learnt === null ? rows : g.node('Add', [rows, learnt]);
      return block.outputFactor === undefined ? sum : g.node('Mul', [sum, root.weight(block.outputFactor, [1])]);
    }
    const prediction = predicted(tools, g, x, streams, altUp, c.hiddenSize);
    const rows = layer(g, l, stream(g, prediction, streams.active), block, ...rest);
    const all = corrected(tools, g, prediction, rows, streams, altUp, c.hiddenSize);
    const own = stream(g, all, streams.active);
    const { outputScale } = altUp;
    const learnt = learntOf(
      g,
      l,
      outputScale === null ? own : g.node('Mul', [own, root.weight(outputScale, [c.hiddenSize])]),
      block,
      perLayer,
    );
    return learnt === null ? all : addToOthers(g, all, learnt, streams.count);
  }

  /** What rows [n, hidden] of layer `l` open of what it learns of each token, [n, hidden]; null where it learns nothing. */
  function learntOf(g: GraphBuilder, l: number, rows: string, block: Block, perLayer: string | null): string | null {
    if (block.perLayer === undefined || perLayer === null || b.embedding.perLayer === undefined) return null;
    const { size } = b.embedding.perLayer;
    const { gate, projection, norm, activation } = block.perLayer;
    const learnt = g.node('Gather', [perLayer, g.int64([l], [])], { axis: 1 });
    const opened = g.node('Mul', [activate(tools, g, tools.linear(g, rows, gate, size, c.hiddenSize), activation), learnt]);
    return normed(g, tools.linear(g, opened, projection, c.hiddenSize, size), norm);
  }

  /** The sum of the stream, what attention gives, and the second way past it. */
  function besides(g: GraphBuilder, before: string, sum: string, { left, right, rank, norm }: Laurel): string {
    const narrow = tools.linear(g, before, left, rank, c.hiddenSize);
    const wide = normed(g, tools.linear(g, narrow, right, c.hiddenSize, rank), norm);
    return scaled(g, g.node('Add', [sum, g.node('Add', [before, wide])]), Math.SQRT1_2);
  }

  function layer(g: GraphBuilder, l: number, x: string, block: Block, attention: Attention, recurrence: Recurrence): string {
    const before = normed(g, x, block.before);
    const base = (stream: string, rows: string): string => (block.residual === 'normed' ? rows : stream);
    const added = (y: string, after: Norm | null): string => scaled(g, normed(g, y, after), block.residualScale);
    const mixed = added(mix(g, l, before, block.mixer, attention, recurrence), block.after);
    /** Of rows behind the norm; `stream`: before it. */
    const feedForward = (rows: string, stream: string): string => {
      const { beside } = block;
      let y = writeFeedForward(tools, g, rows, block.feedForward, c.hiddenSize);
      if (beside !== undefined) {
        const experts = normed(g, writeFeedForward(tools, g, stream, beside.experts, c.hiddenSize), beside.after);
        y = g.node('Add', [normed(g, y, beside.own), experts]);
      }
      return added(y, block.feedForwardAfter);
    };
    if (block.parallel) {
      const own = block.feedForwardBefore === null ? before : normed(g, x, block.feedForwardBefore);
      return g.node('Add', [x, g.node('Add', [mixed, feedForward(own, x)])]);
    }
    const sum = g.node('Add', [base(x, before), mixed]);
    const between = normed(g, block.laurel === undefined ? sum : besides(g, before, sum, block.laurel), block.sumNorm ?? null);
    const rows = normed(g, between, block.feedForwardBefore);
    return normed(g, g.node('Add', [base(between, rows), feedForward(rows, between)]), block.feedForwardSumNorm ?? null);
  }

  return {
    embed(g, ids, attention) {
      const { project, positions, norm, perLayer } = b.embedding;
      let rows = scaled(g, picked(g, ids, embeddings), b.embedding.scale);
      if (project !== undefined) rows = tools.linear(g, rows, project, c.hiddenSize, width);
      if (positions !== undefined) rows = g.node('Add', [rows, positionRows(root, g, attention.positions, positions, c.hiddenSize)]);
      rows = normed(g, rows, norm ?? null);
      return { rows, perLayer: perLayer === undefined ? null : perLayerRows(g, ids, rows, perLayer) };
    },
    layers(g, { rows, perLayer }, attention, recurrence) {
      const { streams } = b;
      const all = (x: string): string =>
        b.blocks.reduce((before, block, l) => wholeLayer(g, l, before, block, perLayer, [attention, recurrence]), x);
      if (streams === undefined) return all(rows);
      return closeStreams(tools, g, all(openStreams(tools, g, rows, streams, c.hiddenSize)), streams, c.hiddenSize);
    },
    output(g, x) {
      let scored = normed(g, x, b.finalNorm);
      if (b.output.project !== undefined) scored = tools.linear(g, scored, b.output.project, width, c.hiddenSize);
      const weights = shared
        ? embeddings
        : table(b.output.tied ? b.embedding.table : b.output.name, 'product', width, c.vocabSize, outputs);
      return weights.map((weight, k) => {
        const bias = b.output.bias === true ? [biasPart(k)] : [];
        let logits = castTo(g, tools.product(g, scored, weight, bias), g.compute, 'float32');
        if (b.output.scale !== null)
          logits = g.node('Mul', [logits, g.floats(`scalar ${b.output.scale}`, Float32Array.of(b.output.scale), [])]);
        return b.output.softcap === null ? logits : softcap(g, logits, b.output.softcap, true);
      });
    },
  };
}

/**
 * Adds the whole decoder to `g`, as it scores. `vocabulary`: the parts in which a card holds its tables; null for a CPU, which has `LogSoftmax`. `stays`:
 * keys, values and states stay between runs. Throws `UserError`
 * when a tensor is missing or of another shape than the config says.
 */
export function writeDecoder(
  g: GraphBuilder,
  c: ModelConfig,
  b: Blueprint,
  attentionOf: (g: GraphBuilder, b: Blueprint) => Attention,
  vocabulary: readonly VocabularyPart[] | null,
  stays = true,
): void {
  const attention = attentionOf(g, b);
  const recurrence = treeRecurrence(g, b, stays);
  const ids = declareIds(g, vocabulary?.length ?? 1);
  attention.declare();
  recurrence.declare();
  g.input('rows', 'int64', ['R']);
  const parts = decoderParts(g, c, b, vocabulary ?? undefined);
  const x = parts.layers(g, parts.embed(g, ids, attention), attention, recurrence);
  const logits = parts.output(g, g.node('Gather', [x, 'rows']));
  if (vocabulary !== null) {
    declareScores(g, logits);
    return;
  }
  const [first = missing()] = logits;
  const all = logits.length === 1 ? first : g.node('Concat', logits, { axis: 1 });
  g.input('pairs', 'int64', ['Q', 2]);
  g.nodeTo(['logprob'], 'GatherND', [g.node('LogSoftmax', [all], { axis: -1 }), 'pairs']);
  g.nodeTo(['greedy'], 'ArgMax', [all], { axis: -1, keepdims: 0 });
  g.output('logprob', 'float32', ['Q']);
  g.output('greedy', 'int64', ['R']);
}

function missing(): never {
  throw new RangeError('a part of the vocabulary is missing');
}
