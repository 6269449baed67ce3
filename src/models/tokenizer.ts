/**
 * A model's own tokenizer (`tokenizer.json`, `tokenizer_config.json`): the engine is the Rust library that Python's `tokenizers` is made of, so its tokens and
 * its tables of Unicode are the same on every machine. Texts are cut into pieces that are tokenized once and remembered (`cutRule`).
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { type Encoding, AddedToken as EngineToken, Tokenizer } from 'tokenizers';
import { at } from '../at.js';
import { messageOf, UserError } from '../errors.js';
import { isObject } from '../is-object.js';
import { parseJsonFile, readTextIfThere } from '../json-file.js';
import { type AddedToken, addedTokens, configTokens, isId } from './added-tokens.js';
import { addsBos } from './model-type.js';
import { newPieceMemory } from './piece-memory.js';
import { type Specials, specialsOf } from './post-processor.js';
import { cutRule, piecesOf } from './text-pieces.js';
import { checkAddedForms, checkHazards, MAX_TEXT } from './tokenizer-hazards.js';
import { checkParts, KNOWN_PARTS } from './tokenizer-parts.js';

export interface SpecialToken {
  readonly id: number;
  readonly text: string;
}

export interface ModelTokenizer {
  /**
   * Token ids of texts, without added special tokens; special tokens written in a text are recognised. All texts that are wanted at once should be asked at
   * once: the engine works on several together.
   */
  encodeAll(texts: readonly string[]): Promise<number[][]>;
  /** `encodeAll` for one text. */
  encode(text: string): Promise<number[]>;
  /** Text of token ids, every blank as the tokens have it; special tokens are left out where `skipSpecialTokens` is true. */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): string;
  /** What transformers makes of a decoded text where `clean_up_tokenization_spaces` asks for it; the same text for byte-pair tokenizers. */
  cleanUp(text: string): string;
  readonly bos: SpecialToken | null;
  readonly eos: SpecialToken | null;
  /** Ids that `add_special_tokens` puts around a text; null where tokenizer.json says so in a way that is not known. */
  readonly specials: Specials | null;
  /** Number of ids; every id is below it. */
  readonly vocabSize: number;
  /** sha256 of tokenizer.json and tokenizer_config.json together. */
  readonly digest: string;
}

type JsonObject = Readonly<Record<string, unknown>>;

interface JsonFile {
  readonly value: JsonObject;
  readonly text: string;
}

function parseObject(text: string, file: string): JsonObject {
  const value = parseJsonFile(text, file);
  if (!isObject(value)) throw new UserError(`${file}: not a JSON object`);
  return value;
}

/** Null where the file is absent. */
async function readJson(file: string): Promise<JsonFile | null> {
  const text = await readTextIfThere(file);
  return text === null ? null : { value: parseObject(text, file), text };
}

/**
 * Returns the largest id of the vocabulary plus 1 (a table of token -> id, or a list of [token, score]). Throws when it is neither.
 */
function vocabularySize(vocab: unknown): number {
  if (Array.isArray(vocab)) return vocab.length;
  if (!isObject(vocab)) return 0;
  let top = 0;
  for (const token in vocab) {
    const id = vocab[token];
    if (!isId(id)) throw new Error(`model.vocab: ${JSON.stringify(token).slice(0, 80)} has no id (a whole number from 0)`);
    top = Math.max(top, id + 1);
  }
  return top;
}

/** A model with one token, to try the other parts of a file on. */
const SMALLEST = { type: 'BPE', vocab: { a: 0 }, merges: [] };

/** The engine says of a file that it cannot read a line and a column at most; the part that is to blame is found by reading each alone. */
function blamedPart(json: JsonObject): string {
  for (const part of ['added_tokens', ...Object.keys(KNOWN_PARTS)]) {
    if (part === 'model' || json[part] === undefined || json[part] === null) continue;
    try {
      Tokenizer.fromString(JSON.stringify({ version: '1.0', model: SMALLEST, added_tokens: [], [part]: json[part] }));
    } catch {
      return `${part} (${JSON.stringify(json[part]).slice(0, 120)}): `;
    }
  }
  return '';
}

function openEngine(text: string, json: JsonObject): Tokenizer {
  try {
    const engine = Tokenizer.fromString(text);
    // Saved for some training; what is scored is never cut or filled up.
    engine.disableTruncation();
    engine.disablePadding();
    return engine;
  } catch (error) {
    throw new Error(`${blamedPart(json)}${messageOf(error)}`, { cause: error });
  }
}

function engineToken({ content, special, singleWord, normalized, lstrip, rstrip }: AddedToken): EngineToken {
  return new EngineToken(content, special, { singleWord, normalized, leftStrip: lstrip, rightStrip: rstrip });
}

/**
 * Blanks that version 4 of transformers, and version 5 for all but byte-pair tokenizers, takes out of a decoded text, in this order.
 */
const CLEAN_UP: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** The option by which a byte-pair tokenizer asks for the clean-up all the same. */
const FORCED = 'clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output';

function cleanUpOf(config: JsonObject, modelType: unknown): (text: string) => string {
  const wanted = config.clean_up_tokenization_spaces === true && (modelType !== 'BPE' || config[FORCED] === true);
  return wanted ? (text) => CLEAN_UP.reduce((clean, [from, to]) => clean.replaceAll(from, to), text) : (text) => text;
}

/**
 * Makes a tokenizer from the text of tokenizer.json and the parsed configuration; `where` is for messages. Throws `UserError` when the file asks for anything
 * that is not known.
 */
export function makeTokenizer(text: string, config: JsonObject, where: string, digest: string): ModelTokenizer {
  const json = parseObject(text, where);
  const model = isObject(json.model) ? json.model : {};
  let engine: Tokenizer;
  let own: readonly AddedToken[];
  let more: readonly AddedToken[];
  let vocabSize: number;
  try {
    own = addedTokens(json);
    more = configTokens(config, own);
    vocabSize = vocabularySize(model.vocab);
    checkParts(json);
    checkHazards(json);
    engine = openEngine(text, json);
    const normalizer = engine.getNormalizer();
    const formOf = ({ content, normalized }: AddedToken): string =>
      normalized && normalizer !== null ? normalizer.normalizeString(content) : content;
    checkAddedForms([...own, ...more].filter(({ content }) => content !== '').map((token) => ({ ...token, form: formOf(token) })));
    if (more.length > 0) engine.addAddedTokens(more.map(engineToken));
  } catch (error) {
    throw new UserError(`${where}: this tokenizer cannot be used: ${messageOf(error)}`, { cause: error });
  }
  const added = [...own, ...more];
  // The engine gives an added token the id that the vocabulary has for its text, whatever `added_tokens` says.
  const special = new Set(added.filter((token) => token.special).map((token) => token.content));
  for (const { content } of added) {
    const id = engine.tokenToId(content);
    if (id !== null) vocabSize = Math.max(vocabSize, id + 1);
  }
  const specialToken = (value: unknown): SpecialToken | null => {
    const content = typeof value === 'string' ? value : isObject(value) && typeof value.content === 'string' ? value.content : null;
    const id = content === null ? null : engine.tokenToId(content);
    return content === null || id === null ? null : { id, text: content };
  };

  /** The engine trusts tokenizer.json: what it stumbles over while it works is the file's fault, not the program's. */
  const blame = (error: unknown): UserError =>
    error instanceof UserError ? error : new UserError(`${where}: this tokenizer cannot be used: ${messageOf(error)}`, { cause: error });

  const rule = cutRule(more.length === 0 ? json : { ...json, added_tokens: added });
  const memory = newPieceMemory();

  async function encodeAll(texts: readonly string[]): Promise<number[][]> {
    const long = texts.find((text) => text.length > MAX_TEXT);
    if (long !== undefined) throw new UserError(`a text of ${long.length} characters; at most ${MAX_TEXT} are tokenized`);
    const cut = texts.map((text) => (text === '' ? [] : rule === null ? [text] : piecesOf(text, rule)));
    const known = new Map<string, readonly number[]>();
    const missing = new Set<string>();
    for (const pieces of cut)
      for (const piece of pieces) {
        if (known.has(piece) || missing.has(piece)) continue;
        const ids = rule === null ? undefined : memory.get(piece);
        if (ids === undefined) missing.add(piece);
        else known.set(piece, ids);
      }
    if (missing.size > 0) {
      const list = [...missing];
      let encodings: Encoding[];
      try {
        encodings = await engine.encodeBatch(list, { addSpecialTokens: false });
      } catch (error) {
        throw blame(error);
      }
      for (const [i, piece] of list.entries()) {
        const ids = at(encodings, i).getIds();
        known.set(piece, ids);
        if (rule !== null) memory.set(piece, ids);
      }
    }
    return cut.map((pieces) => {
      const out: number[] = [];
      for (const piece of pieces) for (const id of known.get(piece) ?? []) out.push(id);
      return out;
    });
  }

  const decoder = engine.getDecoder();
  const spelled = new Map<number, string | null>();
  const tokenOf = (id: number): string | null => {
    const found = spelled.get(id);
    if (found !== undefined) return found;
    const token = isId(id) ? engine.idToToken(id) : null;
    spelled.set(id, token);
    return token;
  };

  return {
    bos: specialToken(config.bos_token),
    eos: specialToken(config.eos_token),
    specials: specialsOf(json.post_processor),
    vocabSize,
    digest,
    encodeAll,
    encode: async (text) => at(await encodeAll([text]), 0),
    decode(ids, { skipSpecialTokens = false } = {}) {
      // Ids behind the vocabulary (a padded output layer) print nothing, and do not part the bytes beside them.
      const tokens: string[] = [];
      for (const id of ids) {
        const token = tokenOf(id);
        if (token !== null && !(skipSpecialTokens && special.has(token))) tokens.push(token);
      }
      try {
        return decoder === null ? tokens.join(' ') : decoder.decode(tokens);
      } catch (error) {
        throw blame(error);
      }
    },
    cleanUp: cleanUpOf(config, model.type),
  };
}

/** What transformers' class for a model type takes for BOS and EOS where no file names them; an explicit null is something said. */
const GEMMA_ENDS = { bos_token: '<bos>', eos_token: '<eos>' };

/** Whether transformers makes its Gemma class of a folder: named so, or of such a model where no class is named. */
async function isGemmaClass(folder: string, config: JsonObject): Promise<boolean> {
  const { tokenizer_class: named } = config;
  return typeof named === 'string' ? /^GemmaTokenizer(Fast)?$/.test(named) : addsBos(folder);
}

/**
 * Reads the tokenizer of a model folder. `tokenizer_config.json` may be absent. BOS and EOS that it leaves out come from `special_tokens_map.json` (an older
 * layout), or for Gemma from its class.
 * Throws `UserError` when tokenizer.json is absent, or a file is broken or of a kind that is not known.
 */
export async function loadTokenizer(folder: string): Promise<ModelTokenizer> {
  const file = path.join(folder, 'tokenizer.json');
  const text = await readTextIfThere(file);
  if (text === null) throw new UserError(`${file}: no such file; the model folder needs it`);
  const config = await readJson(path.join(folder, 'tokenizer_config.json'));
  const settings = config?.value ?? {};
  const hash = createHash('sha256')
    .update(text)
    .update('\n')
    .update(config?.text ?? '');
  if (settings.bos_token && settings.eos_token) return makeTokenizer(text, settings, file, hash.digest('hex'));
  const ends = (await isGemmaClass(folder, settings)) ? GEMMA_ENDS : {};
  const map = await readJson(path.join(folder, 'special_tokens_map.json'));
  if (map === null) return makeTokenizer(text, { ...ends, ...settings }, file, hash.digest('hex'));
  const { bos_token = null, eos_token = null } = { ...ends, ...map.value };
  const whole = { ...settings, bos_token: settings.bos_token ?? bos_token, eos_token: settings.eos_token ?? eos_token };
  return makeTokenizer(text, whole, file, hash.update('\n').update(map.text).digest('hex'));
}
