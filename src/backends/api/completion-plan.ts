import {
  encodeChoices,
  encodeText,
  HALF_CHARACTER,
  hasDoubledBos,
  hasHalfCharacter,
  notesOf,
  truncatePrompt,
} from '../../models/encode.js';
import type { ModelTokenizer } from '../../models/tokenizer.js';
import { rstrip } from '../../python/strings.js';
import type { ChoicesRequest, FailureResponse, GenerateRequest, ResponseNotes } from '../../types.js';

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
  readonly prompts: readonly ScoredPrompt[];
  readonly notes: ResponseNotes;
}

export interface GeneratePlan {
  readonly kind: 'generate';
  readonly prompt: readonly number[] | string;
  readonly until: readonly string[];
  readonly maxNewTokens: number;
  readonly notes: ResponseNotes;
}

/** New tokens of a generation whose task names none, as the local harness has it. */
export const DEFAULT_NEW_TOKENS = 256;
/** Every scored prompt is followed by one generated token that is thrown away: servers refuse to generate none. */
export const EXTRA_TOKENS = 1;

/**
 * Returns the prompts of a document. With an encoder, prompts longer than `maxLength - 1` tokens lose tokens on the left: the server wants room for one more.
 * A failure where a continuation has no token or is longer than the model's maximum.
 */
export async function planChoices(
  request: ChoicesRequest,
  encoder: Encoder | null,
  maxLength: number | null,
): Promise<ChoicesPlan | FailureResponse> {
  return encoder === null ? planText(request) : planIds(request, encoder, maxLength);
}

async function planIds(request: ChoicesRequest, encoder: Encoder, maxLength: number | null): Promise<ChoicesPlan | FailureResponse> {
  const room = (maxLength ?? Number.POSITIVE_INFINITY) - EXTRA_TOKENS;
  const prompts: ScoredPrompt[] = [];
  let truncatedTokens = 0;
  let doubledBos = false;
  if ([request.context, ...request.continuations].some(hasHalfCharacter)) return failure('malformed', HALF_CHARACTER);
  for (const pair of await encodeChoices(encoder.tokenizer, request.context, request.continuations, encoder)) {
    const ids = [...pair.context, ...pair.continuation];
    const cut = Math.max(0, ids.length - room);
    const from = pair.context.length - cut;
    if (pair.continuation.length === 0) return failure('empty continuation', 'a choice has no token of its own');
    if (from < 1)
      return failure('too long', `a choice has ${pair.continuation.length} tokens; the server takes ${room}, one of them before it`);
    truncatedTokens = Math.max(truncatedTokens, cut);
    doubledBos ||= pair.doubledBos;
    prompts.push({ kind: 'ids', ids: ids.slice(cut), from });
  }
  return { kind: 'choices', prompts, notes: notesOf(truncatedTokens, doubledBos) ?? {} };
}

function planText(request: ChoicesRequest): ChoicesPlan | FailureResponse {
  const context = rstrip(request.context);
  if (context === '') return failure('empty continuation', "an empty context needs the model's own first token: give --tokenizer");
  const prompts: ScoredPrompt[] = [];
  for (const continuation of request.continuations) {
    const text = request.context + continuation;
    if (text.length === context.length) return failure('empty continuation', 'a choice has no token of its own');
    prompts.push({ kind: 'text', text, from: context.length });
  }
  return { kind: 'choices', prompts, notes: {} };
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
  const until = [...new Set([...request.until, ...(encoder?.tokenizer.eos == null ? [] : [encoder.tokenizer.eos.text])])].filter(
    (stop) => stop !== '',
  );
  if (encoder === null) return { kind: 'generate', prompt: request.context, until, maxNewTokens, notes: {} };
  if (hasHalfCharacter(request.context)) return failure('malformed', HALF_CHARACTER);
  const all = await encodeText(encoder.tokenizer, request.context, encoder);
  const longest = maxLength ?? Number.POSITIVE_INFINITY;
  if (longest <= maxNewTokens) return failure('too long', `${maxNewTokens} new tokens leave no room for a prompt in ${longest}`);
  const { ids, truncatedTokens } = truncatePrompt(all, longest, maxNewTokens);
  const notes = notesOf(truncatedTokens, hasDoubledBos(encoder.tokenizer, all)) ?? {};
  return { kind: 'generate', prompt: ids, until, maxNewTokens, notes };
}

function failure(reason: FailureResponse['reason'], message: string): FailureResponse {
  return { kind: 'failure', reason, message };
}
