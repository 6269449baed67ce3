/** From a request to what the model computes: token ids, and the failures that need no model. */
import { at } from '../../at.js';
import { DEFAULT_NEW_TOKENS } from '../../generation.js';
import { encodeRequestChoices, encodeText, hasDoubledBos, notesOf, truncatePrompt, untokenizable } from '../../models/encode.js';
import { encodeRolling } from '../../models/rolling.js';
import type { ModelTokenizer } from '../../models/tokenizer.js';
import { beginsInThought } from '../../thought.js';
import type {
  Answer,
  Ask,
  ChatRenderer,
  ChoicesRequest,
  FailureReason,
  GenerateRequest,
  ResponseNotes,
  RollingRequest,
  ThoughtRule,
} from '../../types.js';
import { type DocumentDraws, type DrawDefaults, drawsOf } from './sample.js';
import type { Sequence } from './stack.js';
import type { Item } from './window.js';

/**
 * How the texts of a request turn where the rotation has other factors beyond its original context (LongRoPE), from the first token on: as short texts, as long ones, or some of a document's as
 * these and some as those. Texts of one kind share nothing with texts of another.
 */
export type TurnOf = 'short' | 'long' | 'both';

export interface ScoreItem extends Item {
  readonly kind: 'choices';
  readonly id: number;
  /** The sequences are windows of one text, whose log-probabilities are added up. */
  readonly rolling?: boolean;
  readonly sequences: readonly Sequence[];
  readonly turn: TurnOf;
  readonly notes: ResponseNotes | undefined;
}

export interface GenerateItem extends Item {
  readonly kind: 'generate';
  readonly id: number;
  readonly until: readonly string[];
  readonly turn: TurnOf;
  /** Tokens at the end of an answer whose text may hold a stop string: two more than the longest has, since a model may spell one with other tokens. */
  readonly lookback: number;
  readonly maxNewTokens: number;
  /** How its tokens are drawn, with the seed of its own; absent: the likeliest token each time. */
  readonly draws?: DocumentDraws;
  /** A thought may come before the answer; `begun`: the prompt has opened it. `end` is the end-of-sequence text, which ends thoughts too. */
  readonly thought?: { readonly rule: ThoughtRule; readonly begun: boolean; readonly end: string | null };
  readonly notes: ResponseNotes | undefined;
}

export type EncodedItem = ScoreItem | GenerateItem;

export interface RequestContext {
  readonly tokenizer: ModelTokenizer;
  readonly addBos: boolean;
  readonly maxLength: number;
  readonly vocabSize: number;
  /** Texts of more tokens turn by other factors (LongRoPE); null: there is no such length. */
  readonly longest: number | null;
  readonly renderChat: ChatRenderer | null;
  /** What generation_config.json says of draws. */
  readonly drawDefaults: DrawDefaults;
}

/** A failure as an answer. */
export function failure(id: number, reason: FailureReason, message: string): Answer {
  return { id, response: { kind: 'failure', reason, message } };
}

/**
 * Encodes a request. Returns an answer instead where it fails without the model: an empty continuation, a prompt that leaves no room, a token outside the vocabulary.
 */
export async function encodeRequest(ask: Ask, context: RequestContext): Promise<EncodedItem | Answer> {
  const { id, request } = ask;
  switch (request.kind) {
    case 'choices':
      return encodeChoicesRequest(id, request, context);
    case 'generate':
      return encodeGenerateRequest(id, request, context);
    case 'rolling':
      return encodeRollingRequest(id, request, context);
  }
}

function turnOf(lengths: readonly number[], { longest }: RequestContext): TurnOf {
  if (longest === null || lengths.every((n) => n <= longest)) return 'short';
  return lengths.every((n) => n > longest) ? 'long' : 'both';
}

function outside(ids: readonly number[], vocabSize: number): number | undefined {
  return ids.find((id) => id >= vocabSize);
}

async function encodeChoicesRequest(id: number, request: ChoicesRequest, c: RequestContext): Promise<ScoreItem | Answer> {
  const encoded = await encodeRequestChoices(c.tokenizer, request, c);
  if (encoded.kind === 'failure') return { id, response: encoded };
  return scoreItem(id, encoded.sequences, encoded.notes, false, c);
}

async function encodeRollingRequest(id: number, request: RollingRequest, c: RequestContext): Promise<ScoreItem | Answer> {
  const encoded = await encodeRolling(c.tokenizer, request, c);
  if (encoded.kind === 'failure') return { id, response: encoded };
  if (encoded.tokens === 0) return { id, response: { kind: 'rolling', logprob: 0, tokens: 0 } };
  return scoreItem(id, encoded.sequences, undefined, true, c);
}

function scoreItem(
  id: number,
  sequences: readonly Sequence[],
  notes: ResponseNotes | undefined,
  rolling: boolean,
  c: RequestContext,
): ScoreItem | Answer {
  for (const { ids, targets } of sequences) {
    const bad = outside(ids, c.vocabSize) ?? outside(targets, c.vocabSize);
    if (bad !== undefined)
      return failure(id, 'internal', `token ${bad} of the tokenizer is outside the model's vocabulary of ${c.vocabSize}`);
  }
  // The place in the sorted window is that of the first sequence; all of a document's share their context.
  const { ids } = at(sequences, 0);
  const tokens = sequences.reduce((sum, s) => sum + s.targets.length - 1, ids.length);
  const turn = turnOf(
    sequences.map((s) => s.ids.length),
    c,
  );
  return { kind: 'choices', id, rolling, ids, tokens, sequences, turn, notes };
}

async function encodeGenerateRequest(id: number, request: GenerateRequest, c: RequestContext): Promise<GenerateItem | Answer> {
  if (typeof request.context !== 'string' && c.renderChat === null)
    return failure(id, 'malformed', 'the request is a list of messages, and the model has no chat template');
  const text = typeof request.context === 'string' ? request.context : (c.renderChat?.(request.context) ?? '');
  const maxNewTokens = request.maxNewTokens ?? DEFAULT_NEW_TOKENS;
  if (maxNewTokens >= c.maxLength)
    return failure(id, 'too long', `${maxNewTokens} new tokens leave no room for a prompt: the model takes ${c.maxLength}`);
  const refusal = untokenizable(text);
  if (refusal !== null) return { id, response: refusal };
  const encoded = await encodeText(c.tokenizer, text, { addBos: c.addBos });
  const prefix = c.tokenizer.bos ?? c.tokenizer.eos;
  const all = encoded.length === 0 && prefix !== null ? [prefix.id] : encoded;
  if (all.length === 0) return failure(id, 'internal', 'the prompt is empty and the tokenizer has neither BOS nor EOS');
  const bad = outside(all, c.vocabSize);
  if (bad !== undefined)
    return failure(id, 'internal', `token ${bad} of the tokenizer is outside the model's vocabulary of ${c.vocabSize}`);
  const { ids, truncatedTokens } = truncatePrompt(all, c.maxLength, maxNewTokens);
  const until = [...request.until, ...(c.tokenizer.eos === null ? [] : [c.tokenizer.eos.text])].filter((stop) => stop !== '');
  const stops = await c.tokenizer.encodeAll(until);
  return {
    kind: 'generate',
    id,
    ids,
    tokens: ids.length,
    turn: turnOf([ids.length], c),
    until,
    lookback: Math.max(1, ...stops.map((stop) => stop.length)) + 2,
    maxNewTokens,
    ...(request.sampling === undefined ? {} : { draws: drawsOf(request.sampling, c.drawDefaults, c.vocabSize) }),
    ...(request.thought === undefined
      ? {}
      : { thought: { rule: request.thought, begun: beginsInThought(text, request.thought), end: c.tokenizer.eos?.text ?? null } }),
    notes: notesOf(truncatedTokens, hasDoubledBos(c.tokenizer, all)),
  };
}
