import { isObject } from '../is-object.js';
/**
 * Cuts a text into pieces whose tokens are those of the whole text, so that what prompts repeat (instructions, shots, a context before each of its
 * continuations) is tokenized once.
 *
 * The only place where a text is cut is between a letter and a single space before a letter. A piece that is not the first begins with that space.
 */

/** A way to cut the texts of one tokenizer. */
export interface CutRule {
  /** The tokenizer puts a word mark before every text, so a later piece is encoded without its own space. */
  readonly dropsSpace: boolean;
}

/** Only letters that every version of Unicode knows as letters: the engine's tables are not those of the JavaScript engine. */
const LETTER = 'A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u017f';
/** By code: whether a character is one of them. (A search by expression took longer than all the rest.) */
const IS_LETTER = Uint8Array.from({ length: 0x180 }, (_, code) => (new RegExp(`[${LETTER}]`).test(String.fromCharCode(code)) ? 1 : 0));
const LINE_FEED = 0x0a;
const SPACE = 0x20;
/** A piece ends at the first border after a line feed, or after so many characters. */
const PIECE_CHARACTERS = 200;

const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const REST = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const UPPER = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const LOWER = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const NO_LETTER = '[^\\r\\n\\p{L}\\p{N}]?';

/**
 * Expressions that always cut between a letter and a space before a letter: no alternative has a space behind a letter, none looks behind itself, and none but
 * white space looks ahead.
 */
const WORD_PATTERNS: ReadonlySet<string> = new Set([
  // GPT-2
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  // Llama 3 and GPT-4
  `${CONTRACTIONS}|${NO_LETTER}\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${REST}`,
  // Qwen 2 and 3
  `${CONTRACTIONS}|${NO_LETTER}\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${REST}`,
  // Qwen 3.5
  `${CONTRACTIONS}|${NO_LETTER}[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|${REST}`,
  // GPT-4o, gpt-oss, Llama 4
  `${NO_LETTER}${UPPER}*${LOWER}+${CONTRACTIONS}?|${NO_LETTER}${UPPER}+${LOWER}*${CONTRACTIONS}?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${REST}`,
  // Tekken (Mistral)
  `${NO_LETTER}${UPPER}*${LOWER}+|${NO_LETTER}${UPPER}+${LOWER}*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${REST}`,
  // DeepSeek V3
  `[!"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_\`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|${REST}`,
]);

/** Expressions that match neither a Latin letter nor a space, so they neither make a border nor take one away. */
const OTHER_PATTERNS: ReadonlySet<string> = new Set([
  '\\p{N}{1,3}',
  '\\p{N}',
  '[0-9]',
  '[0-9][0-9][0-9]',
  '[一-龥぀-ゟ゠-ヿ]+',
  '[一-龥ࠀ-一가-퟿]+',
]);

/**
 * Returns how texts of a tokenizer may be cut, or null where no safe way is known.
 * - The pre-tokenizer always cuts between a letter and a space before a letter.
 * - Byte-pair merges go over the whole text (Gemma, Mistral v1 to v3, Llama 2), and no entry of the vocabulary has a letter directly before a word mark `▁`: a
 *   merge across the border would be such an entry.
 */
export function cutRule(json: Readonly<Record<string, unknown>>): CutRule | null {
  const { model } = json;
  if (!isObject(model) || model.type !== 'BPE' || !addedTokensAllow(json.added_tokens)) return null;
  if (cutsBetweenWords(json.pre_tokenizer) && (json.normalizer == null || typeOf(json.normalizer) === 'NFC')) return { dropsSpace: false };
  const marks = wordMarks(json);
  if (marks === null || model.end_of_word_suffix || model.continuing_subword_prefix || !isObject(model.vocab)) return null;
  if (!Object.hasOwn(model.vocab, '▁')) return null;
  const across = new RegExp(`[${LETTER}]▁`);
  for (const token in model.vocab) if (across.test(token)) return null;
  return { dropsSpace: marks === 'prepended' };
}

/**
 * Returns the pieces of a text in order; joined (each but the first with a space before it, where the rule drops it) they are the text.
 */
export function piecesOf(text: string, { dropsSpace }: CutRule): string[] {
  const pieces: string[] = [];
  let start = 0;
  let enough = PIECE_CHARACTERS;
  for (let at = 1; at < text.length - 1; at++) {
    const code = text.charCodeAt(at);
    if (code === LINE_FEED) enough = at;
    if (code !== SPACE || at < enough || !IS_LETTER[text.charCodeAt(at - 1)] || !IS_LETTER[text.charCodeAt(at + 1)]) continue;
    pieces.push(text.slice(start, at));
    start = dropsSpace ? at + 1 : at;
    enough = at + PIECE_CHARACTERS;
  }
  pieces.push(text.slice(start));
  return pieces;
}

/** True where no added token can lie across a border or take the space of one. */
function addedTokensAllow(list: unknown): boolean {
  const across = new RegExp(`(?:^|[${LETTER}]) (?:$|[${LETTER}])`);
  const [first, last] = [new RegExp(`^[${LETTER}]`), new RegExp(`[${LETTER}]$`)];
  return (Array.isArray(list) ? list : []).every((token: unknown) => {
    if (!isObject(token) || typeof token.content !== 'string') return false;
    const { content } = token;
    // In normalised text a word mark stands for the space.
    const spaced = content.replaceAll('▁', ' ');
    return !across.test(spaced) && !(token.rstrip === true && last.test(content)) && !(token.lstrip === true && first.test(content));
  });
}

/** True for pre-tokenizers that always cut between a letter and a space before a letter. */
function cutsBetweenWords(pre: unknown): boolean {
  const steps = typeOf(pre) === 'Sequence' && isObject(pre) && Array.isArray(pre.pretokenizers) ? pre.pretokenizers : [pre];
  const kinds = steps.map(kindOfStep);
  return kinds.includes('cuts') && !kinds.includes('unknown');
}

function kindOfStep(step: unknown): 'cuts' | 'harmless' | 'unknown' {
  if (!isObject(step)) return 'unknown';
  if (step.type === 'Digits' || step.type === 'Punctuation') return 'harmless';
  if (step.type === 'ByteLevel') return step.add_prefix_space !== false ? 'unknown' : step.use_regex === false ? 'harmless' : 'cuts';
  if (step.type !== 'Split' || !isObject(step.pattern)) return 'unknown';
  const pattern = String(step.pattern.Regex);
  const isolated = step.behavior === 'Isolated' && step.invert !== true;
  // The word expressions match every character, so to remove what lies between matches removes nothing.
  if (WORD_PATTERNS.has(pattern) && (isolated || (step.behavior === 'Removed' && step.invert === true))) return 'cuts';
  return OTHER_PATTERNS.has(pattern) && isolated ? 'harmless' : 'unknown';
}

/** How spaces become word marks where merges go over the whole text; `prepended`: with one more before every text. Null for other tokenizers. */
function wordMarks(json: Readonly<Record<string, unknown>>): 'replaced' | 'prepended' | null {
  const { normalizer, pre_tokenizer: pre } = json;
  if (normalizer == null) return isObject(pre) && pre.type === 'Metaspace' && (pre.replacement ?? '▁') === '▁' ? 'replaced' : null;
  // A pre-tokenizer that looks for spaces finds none behind this normalizer.
  const idle = pre == null || (isObject(pre) && pre.type === 'Split' && isObject(pre.pattern) && pre.pattern.String === ' ');
  if (!idle) return null;
  if (replacesSpaces(normalizer)) return 'replaced';
  if (!isObject(normalizer) || normalizer.type !== 'Sequence' || !Array.isArray(normalizer.normalizers)) return null;
  const [first, second, ...more]: unknown[] = normalizer.normalizers;
  return more.length === 0 && isObject(first) && first.type === 'Prepend' && first.prepend === '▁' && replacesSpaces(second)
    ? 'prepended'
    : null;
}

function replacesSpaces(step: unknown): boolean {
  return isObject(step) && step.type === 'Replace' && step.content === '▁' && isObject(step.pattern) && step.pattern.String === ' ';
}

function typeOf(value: unknown): unknown {
  return isObject(value) ? value.type : undefined;
}
