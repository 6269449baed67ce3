/** Turns context and continuation into token ids as the harness does (spec of log-likelihood scoring and generation). */
import { at } from '../at.js';
import { UserError } from '../errors.js';
import type { ChoicesRequest, FailureResponse, ResponseNotes } from '../types.js';
import type { ModelTokenizer } from './tokenizer.js';
import { MAX_TEXT } from './tokenizer-hazards.js';

export interface EncodeOptions {
  /** With the special tokens that the tokenizer puts around a text, for the models that expect them (one BOS, mostly); `false` as in the recorded runs. */
  readonly addBos: boolean;
}

export interface EncodedPair {
  readonly context: readonly number[];
  /** Empty where the continuation leaves no token to score. */
  readonly continuation: readonly number[];
  /** The text itself began with the BOS although the tokenizer puts one, and so has only one now. */
  readonly doubledBos: boolean;
}

/**
 * Returns why a text cannot be tokenized, null where it can:
 * - half a surrogate pair (`\\ud83d` alone, which JSON can spell) is no valid Unicode, and Python's tokenizers stop at it;
 * - more than `MAX_TEXT` characters could end the process.
 */
export function untokenizable(text: string): FailureResponse | null {
  if (text.length > MAX_TEXT) return tooLong(text.length);
  if (!/\p{Surrogate}/u.test(text)) return null;
  return refuse('malformed', 'the text holds half a surrogate pair (such as \\ud83d alone), which is no valid Unicode and has no tokens');
}

/** True for Python's white space (`str.isspace`): JavaScript's without the byte order mark, and with the separators 0x1c to 0x1f and 0x85. */
function isPythonSpace(character: string): boolean {
  const code = character.charCodeAt(0);
  return (code >= 0x1c && code <= 0x1f) || code === 0x85 || (code !== 0xfeff && /\s/u.test(character));
}

/** Returns where the trailing white space of a text begins (what Python's `str.rstrip` cuts). */
function trailingSpace(text: string): number {
  let end = text.length;
  while (end > 0 && isPythonSpace(text.charAt(end - 1))) end--;
  return end;
}

/**
 * Ids of texts, with the tokenizer's special tokens around each where asked; a text that begins with the BOS gets no second.
 * Throws `UserError` where the tokenizer says what to add in a way that is not known.
 */
async function encodeTexts(tokenizer: ModelTokenizer, texts: readonly string[], { addBos }: EncodeOptions): Promise<number[][]> {
  const encoded = await tokenizer.encodeAll(texts);
  if (!addBos) return encoded;
  const { specials } = tokenizer;
  if (specials === null)
    throw new UserError(
      'tokenizer.json: the post_processor is of a kind that is not known; known: TemplateProcessing, ByteLevel, BertProcessing, RobertaProcessing, Sequence',
    );
  const { before, after } = specials;
  return encoded.map((ids) => {
    const own = before.length > 0 && ids[0] === before.at(-1) ? before.slice(0, -1) : before;
    return own.length + after.length === 0 ? ids : [...own, ...ids, ...after];
  });
}

/**
 * Ids of one text, as the harness encodes the prompt of a generation: with the tokenizer's special tokens around it where asked; a text that begins with the BOS
 * gets no second. Throws `UserError` where the tokenizer says what to add in a way that is not known.
 */
export async function encodeText(tokenizer: ModelTokenizer, text: string, options: EncodeOptions): Promise<number[]> {
  return at(await encodeTexts(tokenizer, [text], options), 0);
}

/**
 * True when ids begin with two BOS tokens.
 */
export function hasDoubledBos(tokenizer: ModelTokenizer, ids: readonly number[]): boolean {
  return tokenizer.bos !== null && ids[0] === tokenizer.bos.id && ids[1] === tokenizer.bos.id;
}

/**
 * Encodes one context with each of its continuations, by the harness's rule of the border:
 * - trailing white space of the context moves to the continuation;
 * - the continuation's tokens are those of the whole behind as many as the context alone has, even where the whole would be cut into other tokens at the border;
 * - an empty context becomes the prefix token (BOS, else EOS), and the continuation is encoded as a text of its own, with its own BOS where one is added (which is
 *   then scored, as there);
 * - a context of nothing but white space is the BOS where one is added. Elsewhere the harness stops there; here it is as an empty one.
 *
 * Throws `UserError` as `encodeText` does.
 */
export async function encodeChoices(
  tokenizer: ModelTokenizer,
  context: string,
  continuations: readonly string[],
  options: EncodeOptions,
): Promise<EncodedPair[]> {
  const head = context.slice(0, trailingSpace(context));
  const wholes = continuations.map((continuation) => context + continuation);
  const [ids = [], ...encoded] = await encodeTexts(tokenizer, [head, ...wholes], options);
  if (context === '' || ids.length === 0) {
    const prefix = tokenizer.bos ?? tokenizer.eos;
    return encoded.map((whole) => ({ context: prefix === null ? [] : [prefix.id], continuation: whole, doubledBos: false }));
  }
  const doubledBos = hasDoubledBos(tokenizer, ids);
  return encoded.map((whole) => ({ context: ids, continuation: whole.slice(ids.length), doubledBos }));
}

/**
 * Encodes all pairs of a request, in the order of its continuations, each behind the context that it has.
 *
 * Throws `UserError` as `encodeText` does.
 */
export async function encodePairs(
  tokenizer: ModelTokenizer,
  request: ChoicesRequest,
  options: EncodeOptions,
): Promise<readonly EncodedPair[]> {
  const { context, continuations, contexts } = request;
  if (contexts === undefined) return encodeChoices(tokenizer, context, continuations, options);
  const places = new Map<string, number[]>();
  for (const [i, own] of contexts.entries()) places.set(own, [...(places.get(own) ?? []), i]);
  const pairs: EncodedPair[] = [];
  for (const [own, indices] of places) {
    const encoded = await encodeChoices(
      tokenizer,
      own,
      indices.map((i) => at(continuations, i)),
      options,
    );
    for (const [k, i] of indices.entries()) pairs[i] = at(encoded, k);
  }
  return pairs;
}

/**
 * Cuts on the left what is longer than `maxLength`: of context + continuation the last `maxLength + 1` tokens stay, the final one being only a target.
 * Returns input ids (without the final token), the continuation that is left, and how many tokens were cut. `continuation` must not be empty.
 */
function truncatePair(pair: EncodedPair, maxLength: number): { input: number[]; continuation: readonly number[]; truncatedTokens: number } {
  const whole = [...pair.context, ...pair.continuation];
  const cut = Math.max(0, whole.length - (maxLength + 1));
  const input = whole.slice(cut, -1);
  // The harness scores the continuation's tokens that are left; a continuation longer than the maximum loses its first ones.
  return { input, continuation: pair.continuation.slice(Math.max(0, pair.continuation.length - input.length)), truncatedTokens: cut };
}

/** What a model computes for one continuation: log-probabilities of `targets` at the last positions of `ids`. */
export interface TargetSequence {
  /** Context and continuation without its last token. */
  readonly ids: readonly number[];
  /** The continuation's tokens; never empty, never more than `ids`. */
  readonly targets: readonly number[];
}

/** All continuations of one document as the model computes them. */
export interface EncodedChoices {
  readonly kind: 'sequences';
  readonly sequences: readonly TargetSequence[];
  readonly notes: ResponseNotes | undefined;
}

/**
 * Returns what has to be computed for a document, the same for every backend: boundary between context and continuation, BOS, the prefix token of an empty context, and
 * truncation to inputs of `maxLength` tokens. A failure where a continuation has no token, is longer than the model's maximum, or an empty context has no token to stand for it.
 */
export async function encodeRequestChoices(
  tokenizer: ModelTokenizer,
  request: ChoicesRequest,
  options: EncodeOptions & { readonly maxLength: number },
): Promise<EncodedChoices | FailureResponse> {
  for (const text of [request.context, ...(request.contexts ?? []), ...request.continuations]) {
    const refusal = untokenizable(text);
    if (refusal !== null) return refusal;
  }
  const contexts = request.contexts ?? [request.context];
  const longest = Math.max(...contexts.map((text) => text.length)) + Math.max(0, ...request.continuations.map((text) => text.length));
  if (longest > MAX_TEXT) return tooLong(longest);
  const pairs = await encodePairs(tokenizer, request, options);
  if (pairs.length === 0) return refuse('malformed', 'the request has no continuations');
  const sequences: TargetSequence[] = [];
  let truncated = 0;
  for (const [i, pair] of pairs.entries()) {
    if (pair.continuation.length === 0) return refuse('empty continuation', `continuation ${i} leaves no token to score`);
    if (pair.context.length === 0) return refuse('internal', 'the tokenizer has neither BOS nor EOS to stand for an empty context');
    if (pair.continuation.length > options.maxLength)
      return refuse('too long', `continuation ${i} has ${pair.continuation.length} tokens, the model takes ${options.maxLength}`);
    const cut = truncatePair(pair, options.maxLength);
    truncated = Math.max(truncated, cut.truncatedTokens);
    sequences.push({ ids: cut.input, targets: cut.continuation });
  }
  return { kind: 'sequences', sequences, notes: notesOf(truncated, at(pairs, 0).doubledBos) };
}

function tooLong(characters: number): FailureResponse {
  return refuse('too long', `a text of ${characters} characters; at most ${MAX_TEXT} are tokenized`);
}

/**
 * Returns a failure of one request.
 */
export function refuse(reason: FailureResponse['reason'], message: string): FailureResponse {
  return { kind: 'failure', reason, message };
}

/**
 * Cuts a prompt on the left so that `maxNewTokens` more fit into `maxLength`. Returns the ids and how many were cut.
 */
export function truncatePrompt(
  ids: readonly number[],
  maxLength: number,
  maxNewTokens: number,
): { ids: readonly number[]; truncatedTokens: number } {
  const room = Math.max(1, maxLength - maxNewTokens);
  const cut = Math.max(0, ids.length - room);
  return { ids: cut === 0 ? ids : ids.slice(cut), truncatedTokens: cut };
}

/**
 * Returns the notes of one answer, without fields that say nothing; undefined when there is nothing to note.
 */
export function notesOf(truncatedTokens: number, doubledBos: boolean): ResponseNotes | undefined {
  if (truncatedTokens === 0 && !doubledBos) return undefined;
  return { ...(truncatedTokens > 0 ? { truncatedTokens } : {}), ...(doubledBos ? { doubledBos } : {}) };
}
