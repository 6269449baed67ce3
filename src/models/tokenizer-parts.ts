import { isObject } from '../is-object.js';

/**
 * Every component and option of tokenizer.json that is honoured. The engine passes over options that it does not know, which would give other tokens than the
 * file asks for without a word, so anything that is not in this table is refused by name.
 */

type Options = Readonly<Record<string, readonly string[]>>;

const NORMALIZERS: Options = {
  BertNormalizer: ['clean_text', 'handle_chinese_chars', 'strip_accents', 'lowercase'],
  ByteLevel: ['add_prefix_space', 'trim_offsets', 'use_regex'],
  Lowercase: [],
  NFC: [],
  NFD: [],
  NFKC: [],
  NFKD: [],
  Nmt: [],
  Precompiled: ['precompiled_charsmap'],
  Prepend: ['prepend'],
  Replace: ['pattern', 'content'],
  Sequence: ['normalizers'],
  Strip: ['strip_left', 'strip_right'],
  StripAccents: [],
};

const PRE_TOKENIZERS: Options = {
  BertPreTokenizer: [],
  ByteLevel: ['add_prefix_space', 'trim_offsets', 'use_regex'],
  CharDelimiterSplit: ['delimiter'],
  Digits: ['individual_digits'],
  FixedLength: ['length'],
  Metaspace: ['replacement', 'prepend_scheme', 'split', 'add_prefix_space', 'str_rep'],
  Punctuation: ['behavior'],
  Sequence: ['pretokenizers'],
  Split: ['pattern', 'behavior', 'invert'],
  UnicodeScripts: [],
  Whitespace: [],
  WhitespaceSplit: [],
};

const DECODERS: Options = {
  BPEDecoder: ['suffix'],
  ByteFallback: [],
  ByteLevel: ['add_prefix_space', 'trim_offsets', 'use_regex'],
  CTC: ['pad_token', 'word_delimiter_token', 'cleanup'],
  Fuse: [],
  Metaspace: ['replacement', 'prepend_scheme', 'split', 'add_prefix_space', 'str_rep'],
  Replace: ['pattern', 'content'],
  Sequence: ['decoders'],
  Strip: ['content', 'start', 'stop'],
  WordPiece: ['prefix', 'cleanup'],
};

const POST_PROCESSORS: Options = {
  BertProcessing: ['sep', 'cls'],
  ByteLevel: ['add_prefix_space', 'trim_offsets', 'use_regex'],
  RobertaProcessing: ['sep', 'cls', 'trim_offsets', 'add_prefix_space'],
  Sequence: ['processors'],
  TemplateProcessing: ['single', 'pair', 'special_tokens'],
};

const MODELS: Options = {
  BPE: [
    'dropout',
    'unk_token',
    'continuing_subword_prefix',
    'end_of_word_suffix',
    'fuse_unk',
    'byte_fallback',
    'ignore_merges',
    'vocab',
    'merges',
  ],
  Unigram: ['unk_id', 'vocab', 'byte_fallback'],
  WordLevel: ['vocab', 'unk_token'],
  WordPiece: ['unk_token', 'continuing_subword_prefix', 'max_input_chars_per_word', 'vocab'],
};

/** The parts of tokenizer.json that are components, with what each may hold. */
export const KNOWN_PARTS: Readonly<Record<string, Options>> = {
  normalizer: NORMALIZERS,
  pre_tokenizer: PRE_TOKENIZERS,
  model: MODELS,
  post_processor: POST_PROCESSORS,
  decoder: DECODERS,
};

const NESTED = ['normalizers', 'pretokenizers', 'processors', 'decoders'];
const MAX_DEPTH = 20;

/**
 * Checks the components of a parsed tokenizer.json. Throws `Error` naming the first component or option that is not in the table, and for a model whose
 * tokens are drawn by chance (`dropout`).
 */
export function checkParts(json: Readonly<Record<string, unknown>>): void {
  for (const [part, known] of Object.entries(KNOWN_PARTS)) checkStep(json[part], part, known, 0);
  const dropout = isObject(json.model) ? json.model.dropout : null;
  if (dropout !== null && dropout !== undefined && dropout !== 0)
    throw new Error(`model: dropout ${String(dropout)} draws tokens by chance; set it to null`);
}

function checkStep(step: unknown, where: string, known: Options, depth: number): void {
  // Absent, or of an old kind without a type: the engine's own reader decides.
  if (!isObject(step) || typeof step.type !== 'string') return;
  if (depth > MAX_DEPTH) throw new Error(`${where.slice(0, 40)}: steps nested deeper than ${MAX_DEPTH}`);
  const options = Object.hasOwn(known, step.type) ? known[step.type] : undefined;
  if (options === undefined) throw new Error(`${where}: type ${quoted(step.type)} is not known; known: ${Object.keys(known).join(', ')}`);
  for (const [name, value] of Object.entries(step)) {
    if (name === 'type') continue;
    if (!options.includes(name))
      throw new Error(
        `${where}: ${step.type} has an option ${quoted(name)} that is not known; known: ${options.length === 0 ? 'none' : options.join(', ')}`,
      );
    if (NESTED.includes(name) && Array.isArray(value))
      value.forEach((inner, i) => {
        checkStep(inner, `${where}.${name}[${i}]`, known, depth + 1);
      });
  }
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 80));
