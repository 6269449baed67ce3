import { DEFAULT_NEW_TOKENS } from '../../generation.js';
import {
  encodeRequestChoices,
  encodeText,
  hasDoubledBos,
  notesOf,
  type TargetSequence,
  truncatePrompt,
  untokenizable,
} from '../../models/encode.js';
import { encodeRolling } from '../../models/rolling.js';
import type { ModelTokenizer } from '../../models/tokenizer.js';
import { rstrip } from '../../python/strings.js';
import type { ChoicesRequest, FailureResponse, GenerateRequest, ResponseNotes, RollingRequest } from '../../types.js';
import { type ChoiceRows, type RowMemory, rowsOf } from './choice-rows.js';

/** The model's own tokenizer with its BOS rule. */
export interface Encoder {
  readonly tokenizer: ModelTokenizer;
  readonly addBos: boolean;
}

/** One prompt to be scored: ids with the index of the continuation's first token, or text with the index of its first UTF-16 unit. */
export type ScoredPrompt =
  | { readonly kind: 'ids'; readonly ids: readonly number[]; readonly from: number }
  | { readonly kind: 'text'; readonly text: string; readonly from: number };

export interface ChoicesPlan {
  readonly kind: 'choices';
  /** The prompts are windows of one text, whose log-probabilities are added up. */
  readonly rolling: boolean;
  readonly prompts: readonly ScoredPrompt[];
  /** The same as what has to be computed token by token; null where prompts go out as text. */
  readonly sequences: readonly TargetSequence[] | null;
  readonly rows: ChoiceRows | null;
  /** What is known of the rows so far. */
  readonly memory: RowMemory;
  readonly notes: ResponseNotes;
}

export interface GeneratePlan {
  readonly kind: 'generate';
  readonly prompt: readonly number[] | string;
  readonly until: readonly string[];
  /** The tokenizer's end-of-sequence text, which ends thoughts too. */
  readonly ends: readonly string[];
  readonly request: GenerateRequest;
  readonly maxNewTokens: number;
  readonly notes: ResponseNotes;
}

/**
 * Returns the prompts of a document. With an encoder, inputs longer than `maxInput` tokens lose tokens on the left.
 * A failure where a continuation has no token or is longer than that.
 */
export async function planChoices(
  request: ChoicesRequest,
  encoder: Encoder | null,
  maxInput: number | null,
): Promise<ChoicesPlan | FailureResponse> {
  if (encoder === null) return planText(request);
  const { tokenizer, addBos } = encoder;
  const encoded = await encodeRequestChoices(tokenizer, request, { addBos, maxLength: maxInput ?? Number.POSITIVE_INFINITY });
  if (encoded.kind === 'failure') return encoded;
  const { sequences, notes } = encoded;
  return {
    kind: 'choices',
    rolling: false,
    prompts: promptsOf(sequences),
    sequences,
    rows: rowsOf(sequences),
    memory: new Map(),
    notes: notes ?? {},
  };
}

function promptsOf(sequences: readonly TargetSequence[]): readonly ScoredPrompt[] {
  return sequences.map(({ ids, targets }) => ({ kind: 'ids', ids: [...ids, ...targets.slice(-1)], from: ids.length + 1 - targets.length }));
}

/**
 * Returns the prompts of a text's windows. A failure where it cannot be tokenized, or the longest prompt of the server is not known.
 */
export async function planRolling(
  request: RollingRequest,
  encoder: Encoder | null,
  maxInput: number | null,
): Promise<ChoicesPlan | FailureResponse> {
  if (encoder === null) return failure('internal', "a whole text needs the model's own first token: give --tokenizer");
  if (maxInput === null)
    return failure('internal', 'the longest prompt of the server is not known, so a text cannot be cut: give --max-length');
  const encoded = await encodeRolling(encoder.tokenizer, request, { addBos: encoder.addBos, maxLength: maxInput });
  if (encoded.kind === 'failure') return encoded;
  const { sequences } = encoded;
  return { kind: 'choices', rolling: true, prompts: promptsOf(sequences), sequences, rows: null, memory: new Map(), notes: {} };
}

function planText(request: ChoicesRequest): ChoicesPlan | FailureResponse {
  const context = rstrip(request.context);
  if (context === '') return failure('empty continuation', "an empty context needs the model's own first token: give --tokenizer");
  const prompts: ScoredPrompt[] = [];
  if (request.contexts !== undefined) return failure('empty continuation', 'continuations behind several contexts need --tokenizer');
  for (const continuation of request.continuations) {
    const text = request.context + continuation;
    if (text.length === context.length) return failure('empty continuation', 'a choice has no token of its own');
    prompts.push({ kind: 'text', text, from: context.length });
  }
  return { kind: 'choices', rolling: false, prompts, sequences: null, rows: null, memory: new Map(), notes: {} };
}

/**
 * Returns the prompt of a generation; with an encoder it is cut on the left to leave room for the new tokens. Stop strings get the tokenizer's end-of-sequence text.
 */
export async function planGenerate(
  request: GenerateRequest & { readonly context: string },
  encoder: Encoder | null,
  maxLength: number | null,
): Promise<GeneratePlan | FailureResponse> {
  const maxNewTokens = request.maxNewTokens ?? DEFAULT_NEW_TOKENS;
  const ends = encoder?.tokenizer.eos == null ? [] : [encoder.tokenizer.eos.text];
  const until = [...new Set([...request.until, ...ends])].filter((stop) => stop !== '');
  const common = { kind: 'generate', until, ends, request, maxNewTokens } as const;
  if (encoder === null) return { ...common, prompt: request.context, notes: {} };
  const refusal = untokenizable(request.context);
  if (refusal !== null) return refusal;
  const all = await encodeText(encoder.tokenizer, request.context, encoder);
  const longest = maxLength ?? Number.POSITIVE_INFINITY;
  if (longest <= maxNewTokens) return failure('too long', `${maxNewTokens} new tokens leave no room for a prompt in ${longest}`);
  const { ids, truncatedTokens } = truncatePrompt(all, longest, maxNewTokens);
  const notes = notesOf(truncatedTokens, hasDoubledBos(encoder.tokenizer, all)) ?? {};
  return { ...common, prompt: ids, notes };
}

function failure(reason: FailureResponse['reason'], message: string): FailureResponse {
  return { kind: 'failure', reason, message };
}
