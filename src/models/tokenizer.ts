/**
 * A model's own tokenizer (`tokenizer.json`, `tokenizer_config.json`), with the text cut into pieces that are tokenized once and remembered.
 *
 * A piece ends only where no token can reach across, so the ids are exactly those of the whole text (see `pieceRule`). Prompts of one task repeat their
 * instructions and shots, and a context is encoded once more with each continuation behind it: nearly all pieces are found in the memory.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import { messageOf, systemCode, UserError } from '../errors.js';
import { cutShort } from '../json-file.js';
import { refusePlaceholder } from '../placeholder-file.js';
import { addsBos } from './model-type.js';
import { type Specials, specialsOf } from './post-processor.js';

export interface SpecialToken {
  readonly id: number;
  readonly text: string;
}

export interface ModelTokenizer {
  /** Token ids of a text, without added special tokens; special tokens written in the text are recognised. */
  encode(text: string): number[];
  /** Text of token ids; special tokens are left out where `skipSpecialTokens` is true. */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): string;
  readonly bos: SpecialToken | null;
  readonly eos: SpecialToken | null;
  /** Ids that `add_special_tokens` puts around a text; null where tokenizer.json says so in a way that is not known. */
  readonly specials: Specials | null;
  /** Number of ids; every id is below it. */
  readonly vocabSize: number;
  /** sha256 of tokenizer.json and tokenizer_config.json together. */
  readonly digest: string;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** Pieces remembered at most, in two generations: when the young one is full, the old one is forgotten. */
const MEMORY_PIECES = 20_000;
/** Added tokens become one regular expression, whose making takes a second for each ten thousand. */
const MAX_ADDED = 50_000;
/** Longer pieces are not remembered. */
const MEMORY_PIECE_LENGTH = 2_000;

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readJson(file: string): Promise<{ value: JsonObject; text: string }> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UserError(
      systemCode(error) === 'ENOENT' ? `${file}: no such file; the model folder needs it` : `${file}: ${messageOf(error)}`,
    );
  }
  refusePlaceholder(text, file);
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UserError(`${file}: not JSON: ${messageOf(error)}${cutShort(text)}`);
  }
  if (!isObject(value)) throw new UserError(`${file}: not a JSON object`);
  return { value, text };
}

/** Pre-tokenizer expressions under which a letter followed by a space and a letter is always a border (their letter runs never take a space behind a letter). */
const LETTER_RUN_PATTERNS: ReadonlySet<string> = new Set([
  // GPT-2
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  // Llama 3
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  // Qwen 2 and 3
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
]);

/** True for pre-tokenizers that always cut between a letter and a space before a letter. */
function cutsBetweenWords(pre: Json | undefined): boolean {
  if (!isObject(pre)) return false;
  if (pre.type === 'ByteLevel') return pre.add_prefix_space === false && pre.use_regex !== false;
  if (pre.type !== 'Sequence' || !Array.isArray(pre.pretokenizers)) return false;
  const steps: readonly Json[] = pre.pretokenizers;
  const harmless = steps.every(
    (step) =>
      isObject(step) &&
      (step.type === 'Digits' ||
        (step.type === 'ByteLevel' && step.add_prefix_space === false) ||
        (step.type === 'Split' &&
          step.behavior === 'Isolated' &&
          step.invert !== true &&
          isObject(step.pattern) &&
          LETTER_RUN_PATTERNS.has(String(step.pattern.Regex)))),
  );
  return (
    harmless && steps.some((step) => isObject(step) && (step.type === 'Split' || (step.type === 'ByteLevel' && step.use_regex !== false)))
  );
}

/**
 * Returns the expression whose matches' ends are safe ends of pieces in normalised text, or null where none is known.
 * - With a pre-tokenizer that always cuts there, between a letter and a space before a letter: the first such place of each line.
 * - With byte-pair merges over the whole text (Gemma): before a word mark `▁` behind a letter, where no token of the vocabulary has a letter directly before a `▁`:
 *   a merge across the border would be such a token.
 */
function pieceRule(json: JsonObject): RegExp | null {
  const model = json.model;
  if (!isObject(model) || model.type !== 'BPE') return null;
  const pre = json.pre_tokenizer;
  if (cutsBetweenWords(pre)) return /\n[^\n]*?\p{L}(?= \p{L})/gu;
  const noCuts = pre === null || (isObject(pre) && pre.type === 'Split' && isObject(pre.pattern) && pre.pattern.String === ' ');
  if (!noCuts || model.byte_fallback !== true || model.end_of_word_suffix || model.continuing_subword_prefix || !isObject(model.vocab))
    return null;
  // Unknown characters next to each other fuse; with all byte tokens there are none.
  for (let byte = 0; byte < 256; byte++) if (!(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>` in model.vocab)) return null;
  for (const token of Object.keys(model.vocab)) if (/\p{L}▁/u.test(token)) return null;
  // Words are short, so several make a piece: the first border after each line feed and at least every 40 characters.
  return /(?:\n[^\n]*?|[^\n]{40,}?)\p{L}(?=▁)/gu;
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  /** Plain: found in the text as it is, takes no white space from its neighbours. */
  readonly plain: boolean;
}

function addedTokens(json: JsonObject): AddedToken[] {
  const list = Array.isArray(json.added_tokens) ? json.added_tokens : [];
  const hasNormalizer = isObject(json.normalizer);
  if (list.length > MAX_ADDED) throw new Error(`${list.length} added_tokens; at most ${MAX_ADDED} are taken`);
  return list.flatMap((t, i) => {
    if (!isObject(t) || !isId(t.id) || typeof t.content !== 'string')
      throw new Error(`added_tokens[${i}] has no id (a whole number from 0) or no content (a text)`);
    // Python's library passes over tokens without text.
    return t.content === '' ? [] : [addedToken(t, t.id, t.content, hasNormalizer)];
  });
}

function addedToken(t: JsonObject, id: number, content: string, hasNormalizer: boolean): AddedToken {
  return {
    id,
    content,
    special: t.special === true,
    plain: t.lstrip !== true && t.rstrip !== true && t.single_word !== true && (t.normalized !== true || !hasNormalizer),
  };
}

/** Ids are positions of a table of logits; none is near this. */
function isId(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
}

/** The library passes over a pattern that it does not know, with other tokens than Python's as the result. */
function checkPatterns(step: Json | undefined, depth: number): void {
  if (depth > 20) throw new Error('steps nested deeper than 20');
  if (Array.isArray(step)) for (const one of step) checkPatterns(one, depth + 1);
  if (!isObject(step)) return;
  const { pattern } = step;
  if (pattern !== undefined && !(isObject(pattern) && (typeof pattern.String === 'string' || typeof pattern.Regex === 'string')))
    throw new Error('a pattern is neither a String nor a Regex');
  for (const inner of Object.values(step)) checkPatterns(inner, depth + 1);
}

/**
 * Returns the largest id of the vocabulary plus 1 (a table of token -> id, or a list of [token, score]). Throws when it is neither.
 */
function vocabularySize(vocab: Json | undefined): number {
  if (Array.isArray(vocab)) return vocab.length;
  if (!isObject(vocab)) return 0;
  let top = 0;
  for (const [token, id] of Object.entries(vocab)) {
    if (!isId(id)) throw new Error(`model.vocab: ${JSON.stringify(token).slice(0, 80)} has no id (a whole number from 0)`);
    top = Math.max(top, id + 1);
  }
  return top;
}

/** `-` means nothing outside brackets, and escaping it is a syntax error with the flag u. */
const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** A two-generation memory of pieces. */
function newMemory(): { get(key: string): readonly number[] | undefined; set(key: string, ids: readonly number[]): void } {
  let young = new Map<string, readonly number[]>();
  let old = new Map<string, readonly number[]>();
  const set = (key: string, ids: readonly number[]): void => {
    if (young.size >= MEMORY_PIECES) {
      old = young;
      young = new Map();
    }
    young.set(key, ids);
  };
  return {
    set,
    get(key) {
      const found = young.get(key);
      if (found !== undefined) return found;
      const kept = old.get(key);
      if (kept !== undefined) set(key, kept);
      return kept;
    },
  };
}

function specialToken(value: Json | undefined, added: readonly AddedToken[], vocab: Json | undefined): SpecialToken | null {
  const text = typeof value === 'string' ? value : isObject(value) && typeof value.content === 'string' ? value.content : null;
  if (text === null) return null;
  const id = added.find((t) => t.content === text)?.id ?? (isObject(vocab) ? vocab[text] : undefined);
  return typeof id === 'number' ? { id, text } : null;
}

/**
 * Puts U+FFFD for every byte token of a stretch that is not valid UTF-8 as a whole, as Python's library does (the JavaScript one keeps its valid parts).
 */
function replaceBadBytes(tokens: readonly string[]): string[] {
  const out = [...tokens];
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for (let start = 0; start < out.length; start++) {
    const bytes: number[] = [];
    for (let i = start; i < out.length; i++) {
      const byte = /^<0x([0-9A-F]{2})>$/.exec(out[i] ?? '')?.[1];
      if (byte === undefined) break;
      bytes.push(Number.parseInt(byte, 16));
    }
    if (bytes.length === 0) continue;
    try {
      strict.decode(Uint8Array.from(bytes));
    } catch {
      out.fill('\uFFFD', start, start + bytes.length);
    }
    start += bytes.length;
  }
  return out;
}

/**
 * Makes a tokenizer from the parsed files; `where` is for messages. Throws `UserError` when the library does not know the kind of tokenizer.
 */
export function makeTokenizer(json: JsonObject, config: JsonObject, where: string, digest: string): ModelTokenizer {
  let library: Tokenizer;
  let added: readonly AddedToken[];
  let vocabulary: number;
  const model = isObject(json.model) ? json.model : {};
  try {
    added = addedTokens(json);
    vocabulary = vocabularySize(model.vocab);
    for (const part of ['normalizer', 'pre_tokenizer', 'decoder']) checkPatterns(json[part], 0);
    // Special tokens around a text are put there by `encodeText`, so what says which ones is not the library's concern.
    const bare = { ...json, post_processor: null };
    // These two settings belong to Python's slow tokenizers; the fast ones, which everyone uses, ignore them.
    library = new Tokenizer(bare, { ...config, remove_space: undefined, do_lowercase_and_remove_accent: undefined });
  } catch (error) {
    throw new UserError(`${where}: this tokenizer cannot be used: ${messageOf(error)}`);
  }
  const byText = new Map(added.map((t) => [t.content, t.id]));
  const special = new Set(added.filter((t) => t.special).map((t) => t.id));
  const simple = added.every((t) => t.plain) && library.model !== null;
  const splitter =
    added.length === 0
      ? null
      : new RegExp(
          `(${[...byText.keys()]
            .sort((a, b) => b.length - a.length)
            .map(escapeRegExp)
            .join('|')})`,
          'u',
        );
  const rule = simple ? pieceRule(json) : null;
  const memory = newMemory();

  /** Ids of text without added tokens, in a normalised section. */
  function encodeNormalized(text: string, section: number): readonly number[] {
    const known = section === 0 ? undefined : memory.get(text);
    if (known !== undefined) return known;
    const words = library.pre_tokenizer === null ? [text] : library.pre_tokenizer(text, { section_index: section });
    const tokens: string[] = library.model === null ? [] : library.model(words);
    const ids = tokens.map((token) => library.token_to_id(token) ?? library.model?.unk_token_id ?? 0);
    if (section !== 0 && text.length <= MEMORY_PIECE_LENGTH) memory.set(text, ids);
    return ids;
  }

  function encodeSection(text: string, section: number, out: number[]): void {
    const normal = library.normalizer === null ? text : library.normalizer(text);
    if (normal === '') return;
    // Without a rule only the whole section is a piece; the first one may be treated in its own way (a prefix space), so it is not remembered.
    let start = 0;
    if (rule !== null) {
      for (const match of normal.matchAll(rule)) {
        const end = match.index + match[0].length;
        for (const id of encodeNormalized(normal.slice(start, end), 1)) out.push(id);
        start = end;
      }
    }
    for (const id of encodeNormalized(normal.slice(start), rule === null ? section : 1)) out.push(id);
  }

  /** The library trusts tokenizer.json: what it stumbles over while it works is the file's fault, not the program's. */
  function guarded<A extends readonly unknown[], R>(work: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      try {
        return work(...args);
      } catch (error) {
        throw new UserError(`${where}: this tokenizer cannot be used: ${messageOf(error)}`, { cause: error });
      }
    };
  }

  const byteFallback = JSON.stringify(json.decoder ?? null).includes('"ByteFallback"');

  return {
    bos: specialToken(config.bos_token, added, model.vocab),
    eos: specialToken(config.eos_token, added, model.vocab),
    specials: specialsOf(json.post_processor),
    vocabSize: added.reduce((top, t) => Math.max(top, t.id + 1), vocabulary),
    digest,
    encode: guarded((text) => {
      if (text === '') return [];
      if (!simple) return library.encode(text, { add_special_tokens: false }).ids;
      const out: number[] = [];
      const sections = splitter === null ? [text] : text.split(splitter);
      for (let i = 0; i < sections.length; i++) {
        const section = sections[i] ?? '';
        if (section === '') continue;
        // `split` with one group puts the added tokens at the odd places.
        const id = i % 2 === 1 ? byText.get(section) : undefined;
        if (id !== undefined) out.push(id);
        else encodeSection(section, i, out);
      }
      return out;
    }),
    decode: guarded((ids, { skipSpecialTokens = false } = {}) => {
      const kept = skipSpecialTokens ? ids.filter((id) => !special.has(id)) : [...ids];
      if (kept.length === 0) return '';
      if (byteFallback && library.decoder !== null)
        // Ids behind the vocabulary (a padded output layer) print nothing, and do not part the bytes beside them.
        return library.decoder.decode(replaceBadBytes(kept.map((id) => library.id_to_token(id)).filter((token) => token !== undefined)));
      return library.decode(kept, {
        skip_special_tokens: false,
        clean_up_tokenization_spaces: config.clean_up_tokenization_spaces === true,
      });
    }),
  };
}

/** What transformers' class for Gemma takes where nothing is said; an explicit null is something said. */
const GEMMA_ENDS = { bos_token: '<bos>', eos_token: '<eos>' };

/** Whether transformers makes its Gemma class of a folder: named so, or of such a model where no class is named. */
async function isGemmaClass(folder: string, config: JsonObject): Promise<boolean> {
  const { tokenizer_class: named } = config;
  return typeof named === 'string' ? /^GemmaTokenizer(Fast)?$/.test(named) : addsBos(folder);
}

/**
 * Reads the tokenizer of a model folder. BOS and EOS that `tokenizer_config.json` leaves out come from `special_tokens_map.json` (an older layout), or for
 * Gemma from its class.
 * Throws `UserError` when a file is absent, broken or of a kind that is not known.
 */
export async function loadTokenizer(folder: string): Promise<ModelTokenizer> {
  const file = path.join(folder, 'tokenizer.json');
  const json = await readJson(file);
  const config = await readJson(path.join(folder, 'tokenizer_config.json'));
  const hash = createHash('sha256').update(json.text).update('\n').update(config.text);
  if (config.value.bos_token && config.value.eos_token) return makeTokenizer(json.value, config.value, file, hash.digest('hex'));
  const ends = (await isGemmaClass(folder, config.value)) ? GEMMA_ENDS : {};
  const map = path.join(folder, 'special_tokens_map.json');
  if (!existsSync(map)) return makeTokenizer(json.value, { ...ends, ...config.value }, file, hash.digest('hex'));
  const older = await readJson(map);
  const { bos_token = null, eos_token = null } = { ...ends, ...older.value };
  const whole = { ...config.value, bos_token: config.value.bos_token ?? bos_token, eos_token: config.value.eos_token ?? eos_token };
  return makeTokenizer(json.value, whole, file, hash.update('\n').update(older.text).digest('hex'));
}
