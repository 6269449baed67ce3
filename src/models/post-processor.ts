/** The special tokens that a tokenizer puts around a text, read from the `post_processor` of tokenizer.json. */
import { isId } from './added-tokens.js';

export interface Specials {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const NONE: Specials = { before: [], after: [] };
/** Processors nested in one another that are still read. */
const MAX_DEPTH = 10;

/**
 * Returns the ids that `add_special_tokens` puts before and behind one text, or null where the processor is of a kind that is not known.
 *
 * This alone decides: transformers (5.x), which the reference harness loads, heeds neither `add_bos_token` nor `bos_token` of tokenizer_config.json where
 * there is a tokenizer.json.
 */
export function specialsOf(post: unknown, depth = 0): Specials | null {
  if (post === null || post === undefined) return NONE;
  if (depth > MAX_DEPTH) return null;
  switch (property(post, 'type')) {
    case 'ByteLevel':
      return NONE;
    case 'TemplateProcessing':
      return fromTemplate(property(post, 'single'), property(post, 'special_tokens'));
    case 'BertProcessing':
    case 'RobertaProcessing':
      return fromPair(property(post, 'cls'), property(post, 'sep'));
    case 'Sequence':
      return fromSequence(property(post, 'processors'), depth);
    default:
      return null;
  }
}

/** `[{"SpecialToken": {"id": "<bos>"}}, {"Sequence": {"id": "A"}}]`: the text must come exactly once. */
function fromTemplate(single: unknown, table: unknown): Specials | null {
  if (!Array.isArray(single)) return null;
  const pieces: readonly unknown[] = single;
  const [before, after]: [number[], number[]] = [[], []];
  let texts = 0;
  for (const piece of pieces) {
    const special = property(piece, 'SpecialToken');
    if (special === undefined) {
      if (property(piece, 'Sequence') === undefined) return null;
      texts += 1;
      continue;
    }
    const ids = property(property(table, String(property(special, 'id'))), 'ids');
    if (!Array.isArray(ids) || !ids.every(isId)) return null;
    (texts === 0 ? before : after).push(...ids);
  }
  return texts === 1 ? { before, after } : null;
}

/** `"cls": ["<s>", 0], "sep": ["</s>", 2]` */
function fromPair(cls: unknown, sep: unknown): Specials | null {
  const [before, after] = [Array.isArray(cls) ? cls[1] : null, Array.isArray(sep) ? sep[1] : null];
  return isId(before) && isId(after) ? { before: [before], after: [after] } : null;
}

/** At most one of the processors may add anything: what several do to one another's tokens nobody should have to know. */
function fromSequence(processors: unknown, depth: number): Specials | null {
  if (!Array.isArray(processors)) return null;
  const list: readonly unknown[] = processors;
  let found = NONE;
  for (const one of list) {
    const inner = specialsOf(one, depth + 1);
    if (inner === null) return null;
    if (inner.before.length + inner.after.length === 0) continue;
    if (found !== NONE) return null;
    found = inner;
  }
  return found;
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}
