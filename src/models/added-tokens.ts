import { isObject } from '../is-object.js';
/** Tokens that are added to a vocabulary: those of tokenizer.json, and those that only tokenizer_config.json has. */

export interface AddedToken {
  readonly content: string;
  readonly special: boolean;
  readonly singleWord: boolean;
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** More added tokens than any model has; the engine takes a second for each ten thousand. */
const MAX_ADDED = 50_000;

/** Ids are positions of a table of logits; none is near this. */
export function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
}

/** Returns the `added_tokens` of a parsed tokenizer.json. Throws `Error` where one has no id or no content, or there are too many. */
export function addedTokens(json: Readonly<Record<string, unknown>>): AddedToken[] {
  const list: readonly unknown[] = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  if (list.length > MAX_ADDED) throw new Error(`${list.length} added_tokens; at most ${MAX_ADDED} are taken`);
  return list.map((token, i) => {
    if (!isObject(token) || !isId(token.id) || typeof token.content !== 'string')
      throw new Error(`added_tokens[${i}] has no id (a whole number from 0) or no content (a text)`);
    return addedToken(token, token.content, false);
  });
}

/**
 * Returns the tokens of `added_tokens_decoder` of a parsed tokenizer_config.json that tokenizer.json lacks or has with other options, in the order of their ids:
 * transformers adds them, or gives them these options, when it opens a tokenizer (`TokenizersBackend.__init__`). The id that stands there is not looked at: a token
 * has the id of the vocabulary, or the next that is free. Throws `Error` where an entry has no content, or there are too many.
 */
export function configTokens(config: Readonly<Record<string, unknown>>, present: readonly AddedToken[]): AddedToken[] {
  const { added_tokens_decoder: table } = config;
  if (!isObject(table)) return [];
  const entries = Object.entries(table).sort(([a], [b]) => Number(a) - Number(b));
  if (entries.length > MAX_ADDED) throw new Error(`${entries.length} tokens in added_tokens_decoder; at most ${MAX_ADDED} are taken`);
  const known = new Set(present.map(keyOf));
  return entries
    .map(([id, token]) => {
      if (!isObject(token) || typeof token.content !== 'string')
        throw new Error(`added_tokens_decoder of tokenizer_config.json: ${JSON.stringify(id.slice(0, 40))} has no content (a text)`);
      return addedToken(token, token.content, token.special !== true);
    })
    .filter((token) => token.content !== '' && !known.has(keyOf(token)));
}

/** `normalized` differs where it is left out: false in tokenizer.json, and by Python's `AddedToken` true for what is not special. */
function addedToken(token: Readonly<Record<string, unknown>>, content: string, normalized: boolean): AddedToken {
  return {
    content,
    special: token.special === true,
    singleWord: token.single_word === true,
    normalized: typeof token.normalized === 'boolean' ? token.normalized : normalized,
    lstrip: token.lstrip === true,
    rstrip: token.rstrip === true,
  };
}

function keyOf(token: AddedToken): string {
  return JSON.stringify([token.content, token.special, token.singleWord, token.normalized, token.lstrip, token.rstrip]);
}
