/** What a packed run needs on a card, and how much a run may need. Pure: numbers in, numbers out. All sizes in bytes. */
import { UserError } from '../../errors.js';

/** What of a model decides how much memory a run needs. */
export interface ModelSize {
  readonly layers: number;
  readonly hidden: number;
  readonly intermediate: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
  readonly sliding: boolean;
  /** Bytes of a number in the compute type. */
  readonly bytes: 2 | 4;
  /** Numbers in all weights. */
  readonly parameters: number;
  /** Bytes of the weights as they lie on the card, where some lie there in fewer bits than the compute type. */
  readonly weightBytes?: number;
  /** Numbers that layers carry from token to token, always in float32: those of the largest layer, and those of all layers. */
  readonly state?: { readonly largest: number; readonly all: number };
}

/** Rows of a packed run: P, B and L of `attention-packed.ts`, and rows that reach the output layer. */
export interface RunShape {
  readonly prefix: number;
  readonly blocks: number;
  readonly length: number;
  readonly scored: number;
}

const GIB = 1024 ** 3;

/** How a card is driven. */
export type CardKind = 'cuda' | 'webgpu';

/** Kept free: for the CUDA context and the libraries' workspaces; for the queues and staging buffers of WebGPU; and for what a display or another program takes. */
const RESERVES: Readonly<Record<CardKind, number>> = { cuda: GIB, webgpu: GIB / 8 };
const HALVED_BY: Readonly<Record<CardKind, string>> = { cuda: '--dtype bfloat16 or float16', webgpu: '--dtype float16' };
/** Part of the rest that is planned with: the allocator rounds up and leaves holes. */
const USABLE = 0.92;
/** A run of some hundred tokens must fit, or nothing is gained by trying. */
const SMALLEST_RUN: RunShape = { prefix: 512, blocks: 1, length: 512, scored: 8 };
/**
 * Copies of the scores that are alive at once: those of both parts and what they were joined to, or what the softmax took and gave, and one for the holes that
 * buffers of changing sizes leave.
 */
const SCORE_COPIES = 3;
/** The same for logits: float32 logits, their log-softmax, and one step of a soft cap. */
const LOGIT_COPIES = 3;

/** Copies of the states behind all pieces of a run: the pool before and after a level is joined to it, and those that a level begins and ends with. */
const STATE_COPIES = 3;

/** The kernels count the elements of a tensor in 32 bits. */
const MOST_ELEMENTS = 2 ** 31 - 1;

/**
 * Returns an upper estimate of what a scoring run needs beside the weights; infinity where a tensor would have more elements than the kernels can count.
 */
export function runBytes(m: ModelSize, r: RunShape): number {
  const blockRows = r.blocks * r.length;
  const rows = r.prefix + blockRows;
  const group = m.heads / m.kvHeads;
  const qkv = (m.heads + 2 * m.kvHeads) * m.headDim;
  // The residual stream, and a norm in float32 that is made from it.
  const stream = rows * m.hidden * (3 * m.bytes + 8);
  const mlp = 3 * rows * m.intermediate * m.bytes;
  const cells = m.heads * Math.max(r.prefix * r.prefix, blockRows * (r.prefix + r.length));
  if (Math.max(cells, rows * m.intermediate, r.scored * m.vocabulary) > MOST_ELEMENTS) return Number.POSITIVE_INFINITY;
  const scores = m.heads * (r.prefix * r.prefix + blockRows * (r.prefix + r.length)) * m.bytes;
  const attention = 3 * rows * qkv * m.bytes + SCORE_COPIES * scores;
  const kinds = m.sliding ? 2 : 1;
  const maskCells = r.prefix * r.prefix + blockRows * (r.length + (m.sliding ? r.prefix : 0));
  // While a mask is made, the comparisons behind it are alive: a byte each, not spread over a group.
  const masks = kinds * maskCells * group * m.bytes + 2 * maskCells;
  const logits = r.scored * m.vocabulary * (m.bytes + 4 * LOGIT_COPIES);
  // A text is divided into pieces where others go on from it: a tree has fewer branches than leaves, and each leaf is scored.
  const pieces = Math.min(rows, 2 * r.scored + 1);
  const recurrence = 4 * STATE_COPIES * pieces * (m.state?.largest ?? 0);
  return stream + masks + Math.max(mlp, attention, logits, recurrence);
}

/** Bytes that are written or read for each score, in all steps from the product to the weighted values, if each number had one byte. */
const SCORE_PASSES = 12;
/** What large cards have in common: floating-point operations of 16-bit products for each byte of memory that they can move in the same time. */
const OPERATIONS_PER_BYTE = 125;

/**
 * Returns what a key costs a row in the attention of all layers, as a part of what the row costs in all products with weights. An estimate: scores are bound by memory, products by
 * arithmetic. It only steers how texts are divided into blocks.
 */
export function keyCost(m: ModelSize): number {
  return (m.layers * m.heads * SCORE_PASSES * m.bytes * OPERATIONS_PER_BYTE) / (2 * m.parameters);
}

/** Bytes of a token's keys and values in all layers. */
const tokenBytes = (m: ModelSize): number => 2 * m.layers * m.kvHeads * m.headDim * m.bytes;
/** Bytes of a document's states in all layers, before a step and behind it. */
const stateBytes = (m: ModelSize): number => 2 * 4 * (m.state?.all ?? 0);

/**
 * Returns an upper estimate of what a generating run needs beside the weights: the prompts with the keys and values of all layers, and those of the `steps` decoded
 * tokens and the states of each document twice, as they are before and after a step.
 */
export function generateBytes(m: ModelSize, r: RunShape, steps: number): number {
  return runBytes(m, r) + tokenBytes(m) * (r.prefix + r.blocks * (r.length + 2 * steps)) + r.blocks * stateBytes(m);
}

/** How much at once a card computes where keys and values stay on it. */
export interface StackedLimits {
  /** Tokens per run. */
  readonly runTokens: number;
  /** Documents generated together, and tokens of all of them. */
  readonly documents: number;
  readonly slotTokens: number;
}

/** Each row is multiplied with all columns, also with those of texts that it does not see: longer runs are no faster. */
const STACKED_TOKENS = 1024;
const SMALLEST_STACKED = 64;
const STACKED_DOCUMENTS = 32;

/**
 * Returns how much at once a card computes where keys and values stay on it: as much as is of use and none of whose tensors is larger than `bindingBytes`. `bytes`: what
 * runs may take beside the weights; null where nobody knows, and a run that does not fit is halved.
 */
export function stackedLimits(m: ModelSize, bindingBytes: number, bytes: number | null): StackedLimits {
  // Behind a run lie about as many columns as it has rows.
  const largest = (tokens: number): number => m.bytes * tokens * Math.max(m.heads * 2 * tokens, m.intermediate, m.hidden);
  const needed = (tokens: number): number =>
    runBytes(m, { prefix: tokens, blocks: 1, length: tokens, scored: tokens >> 2 }) + 2 * 2 * tokens * tokenBytes(m);
  // A quarter is left to texts that are being generated.
  const most = bytes === null ? Number.POSITIVE_INFINITY : 0.75 * bytes;
  let runTokens = STACKED_TOKENS;
  while (runTokens > SMALLEST_STACKED && (largest(runTokens) > bindingBytes || needed(runTokens) > most)) runTokens >>= 1;
  if (bytes === null) return { runTokens, documents: STACKED_DOCUMENTS, slotTokens: Number.POSITIVE_INFINITY };
  const left = Math.max(0, bytes - needed(runTokens));
  const ofStates = stateBytes(m) === 0 ? STACKED_DOCUMENTS : Math.floor(left / 2 / stateBytes(m));
  return {
    runTokens,
    documents: Math.max(1, Math.min(STACKED_DOCUMENTS, ofStates)),
    slotTokens: Math.max(1, Math.floor(left / (stateBytes(m) === 0 ? 1 : 2) / (2 * tokenBytes(m)))),
  };
}

/** What is known of a card's memory. */
export interface CardMemory {
  readonly bytes: number;
  /** `free`: what other programs left; `total`: all of it; `given`: what the user said; `assumed`: nothing was known. */
  readonly kind: 'free' | 'total' | 'given' | 'assumed';
}

const inGib = (bytes: number): string => (bytes / GIB).toFixed(bytes < GIB / 10 ? 3 : 1);

const SERVED = 'serve the model over several cards (vLLM, SGLang, llama.cpp) and name it as completions:NAME --base-url URL';

const KIND_WORDS: Readonly<Record<Exclude<CardMemory['kind'], 'assumed'>, string>> = {
  free: 'are free on the card',
  total: 'has the card',
  given: 'were given as the card’s memory',
};

/**
 * Returns how many bytes the activations of a run may take. Throws `UserError` when the weights leave no room for even a small run: with the sizes and what would do.
 */
export function activationBudget(m: ModelSize, card: CardMemory, model: string, kind: CardKind = 'cuda'): number {
  const weights = m.weightBytes ?? m.parameters * m.bytes;
  const usable = (card.bytes - RESERVES[kind]) * USABLE;
  const left = usable - weights;
  const needed = runBytes(m, SMALLEST_RUN);
  // Where nothing is known, the run itself will tell.
  if (card.kind === 'assumed') return Math.max(left, needed);
  if (left < needed) {
    const least = (weights + needed) / USABLE + RESERVES[kind];
    const halved = 2 * m.parameters;
    const remedies = [
      ...(card.kind === 'given' ? ['a larger --card-memory, where the card has it'] : []),
      ...(m.bytes === 4 && weights > 1.5 * halved && usable > halved + needed ? [`${HALVED_BY[kind]} halves that`] : []),
    ];
    const remedy = remedies.length > 0 ? remedies.join(', or ') : SERVED;
    throw new UserError(
      `${model}: weights of ${inGib(weights)} GiB need a card of at least ${inGib(least + GIB / 20)} GiB; ${inGib(card.bytes)} GiB ${KIND_WORDS[card.kind]}; ${remedy}`,
    );
  }
  return left;
}
