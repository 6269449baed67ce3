/** The log-probability of a whole text, in windows no longer than the model takes. */
import type { FailureResponse, RollingRequest } from '../types.js';
import { type EncodeOptions, encodeText, refuse, type TargetSequence, untokenizable } from './encode.js';
import type { ModelTokenizer } from './tokenizer.js';

/** A text as the model computes it. */
export interface RollingWindows {
  readonly kind: 'windows';
  readonly sequences: readonly TargetSequence[];
  /** Tokens of the text; each is a target once. */
  readonly tokens: number;
}

/**
 * Returns the windows of a text: the first predicts its tokens behind the prefix token, each further one the next `maxLength` tokens (the last one the rest) behind
 * as many of the tokens before them as fit, at least one. These are the harness's rolling windows with one token of context.
 */
export function rollingWindows(ids: readonly number[], prefix: number, maxLength: number): readonly TargetSequence[] {
  const windows: TargetSequence[] = [];
  const first = Math.min(maxLength, ids.length);
  if (first > 0) windows.push({ ids: [prefix, ...ids.slice(0, first - 1)], targets: ids.slice(0, first) });
  for (let done = first; done < ids.length; ) {
    const count = Math.min(ids.length - done, maxLength);
    const end = done + count;
    windows.push({ ids: ids.slice(end - maxLength - 1, end - 1), targets: ids.slice(done, end) });
    done = end;
  }
  return windows;
}

/**
 * Returns the windows of a request. The prefix token is BOS, else EOS. A failure where the text cannot be tokenized or there is neither.
 *
 * Throws `UserError` as `encodeText` does.
 */
export async function encodeRolling(
  tokenizer: ModelTokenizer,
  request: RollingRequest,
  options: EncodeOptions & { readonly maxLength: number },
): Promise<RollingWindows | FailureResponse> {
  const refusal = untokenizable(request.context);
  if (refusal !== null) return refusal;
  const prefix = tokenizer.bos ?? tokenizer.eos;
  if (prefix === null) return refuse('internal', 'the tokenizer has neither BOS nor EOS to stand before a text');
  const ids = await encodeText(tokenizer, request.context, options);
  return { kind: 'windows', sequences: rollingWindows(ids, prefix.id, options.maxLength), tokens: ids.length };
}
