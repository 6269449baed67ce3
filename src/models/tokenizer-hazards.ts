/**
 * Files that end the process instead of failing: where the Rust engine stumbles over one of these it panics, which no JavaScript code can catch. They are
 * refused before the engine sees them. Sources: the engine's `models/bpe/model.rs`, `pre_tokenizers/fixed_length.rs`, `normalizers/mod.rs`,
 * `tokenizer/added_vocabulary.rs`, the crate `spm_precompiled`, and the limit of retries of Oniguruma.
 */
import { at } from '../at.js';
import { isObject } from '../is-object.js';

type Part = Readonly<Record<string, unknown>>;

/** Longer texts can exceed the ten million steps that Oniguruma gives a search (blanks before a letter take one for each). */
export const MAX_TEXT = 2_000_000;

/**
 * Checks a parsed tokenizer.json for what would stop the engine while it reads the file or works on a text, but for added tokens (`checkAddedForms`).
 * Throws `Error` naming the part.
 */
export function checkHazards(json: Part): void {
  for (const part of ['normalizer', 'pre_tokenizer', 'decoder']) checkStep(json[part], part);
  if (isObject(json.model)) checkMerges(json.model);
}

function checkStep(step: unknown, where: string): void {
  if (step === null || step === undefined) return;
  if (!isObject(step)) throw new Error(`${where}: not a JSON object`);
  for (const name of ['normalizers', 'pretokenizers', 'decoders']) {
    const inner = step[name];
    if (Array.isArray(inner))
      inner.forEach((one: unknown, i) => {
        checkStep(one ?? false, `${where}.${name}[${i}]`);
      });
  }
  // Some have no type in old files, so the options tell.
  if (step.length === 0) throw new Error(`${where}: FixedLength has length 0; at least 1`);
  if (step.type === 'Precompiled' || 'precompiled_charsmap' in step) checkCharsmap(step.precompiled_charsmap, where);
  if (isObject(step.pattern) && typeof step.pattern.Regex === 'string' && repeatsRepetition(step.pattern.Regex))
    throw new Error(
      `${where}: the expression ${JSON.stringify(step.pattern.Regex.slice(0, 120))} repeats a group of nothing but repetitions, which takes forever on some texts`,
    );
}

/**
 * The engine joins the two parts of each merge in a buffer as long as the longest token, and cuts `continuing_subword_prefix` off the second part, both without
 * looking.
 */
function checkMerges({ vocab, merges, continuing_subword_prefix: prefix }: Part): void {
  if (!isObject(vocab) || !Array.isArray(merges)) return;
  let longest = 0;
  // A character takes at most 3 bytes a unit of UTF-16, so most tokens and merges need no counting of bytes.
  for (const token in vocab) if (3 * token.length > longest) longest = Math.max(longest, Buffer.byteLength(token));
  for (const merge of merges as readonly unknown[]) {
    const [first, second]: readonly unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    if (typeof first !== 'string' || typeof second !== 'string') continue;
    const inWords = (what: string): Error => new Error(`model.merges: ${JSON.stringify(`${first} ${second}`.slice(0, 80))} ${what}`);
    const cut = typeof prefix === 'string' ? prefix : '';
    if (!second.startsWith(cut))
      throw inWords(`has a second part that does not begin with continuing_subword_prefix ${JSON.stringify(cut.slice(0, 40))}`);
    if (3 * (first.length + second.length) > longest && Buffer.byteLength(first) + Buffer.byteLength(second.slice(cut.length)) > longest)
      throw inWords('makes a token that is not in model.vocab');
  }
}

/** An added token, and what is looked for in texts: its content, behind the normalizer where it is `normalized`. */
export interface AddedForm {
  readonly content: string;
  readonly form: string;
  readonly normalized: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/**
 * Checks added tokens for what stops the engine. Throws `Error` naming the tokens:
 * - an empty form would be found before every byte, also inside a character;
 * - where one token takes the blanks behind it (`rstrip`), another that is made of blanks is still found among them, and with `lstrip` it would begin behind its
 *   own end.
 */
export function checkAddedForms(forms: readonly AddedForm[]): void {
  const name = (token: AddedForm): string => JSON.stringify(token.content.slice(0, 80));
  for (const token of forms) {
    if (token.form === '')
      throw new Error(`added_tokens: nothing is left of ${name(token)} behind the normalizer; set its "normalized" to false`);
    if (!token.lstrip || token.rstrip || !/^\p{White_Space}+$/u.test(token.form)) continue;
    const other = forms.find((one) => one.rstrip && one.normalized === token.normalized);
    if (other !== undefined)
      throw new Error(
        `added_tokens: ${name(other)} with rstrip takes blanks away in which ${name(token)} with lstrip is found; that stops the library`,
      );
  }
}

/**
 * True where a group of an expression is repeated without a limit and one of its alternatives holds nothing but repetitions or options, at least one of them
 * without a limit, as in `(a+)+` or `(\w+\s?)*`: such an expression tries the ways to divide a text, whose number doubles with each character. Possessive
 * repetitions and atomic groups try one way.
 */
export function repeatsRepetition(source: string): boolean {
  /** Of the open groups: whether the present alternative holds a part that must be there, one without a limit, and what alternatives before it said. */
  const open = [{ fixed: false, endless: false, risky: false, atomic: false }];
  for (let i = 0; i < source.length; ) {
    const top = open.at(-1);
    if (top === undefined) return false;
    const ch = source[i];
    if (ch === '|') {
      top.risky ||= top.endless && !top.fixed;
      top.fixed = false;
      top.endless = false;
      i++;
      continue;
    }
    if (ch === '(') {
      const head = /^\(\?(?:<?[=!]|[:>]|[a-z-]*:|<\w+>)/.exec(source.slice(i))?.[0] ?? '(';
      open.push({ fixed: false, endless: false, risky: false, atomic: head === '(?>' });
      i += head.length;
      continue;
    }
    let inner = false;
    if (ch === ')') {
      if (open.length === 1) return false;
      open.pop();
      inner = (top.risky || (top.endless && !top.fixed)) && !top.atomic;
      i++;
    } else i += atomLength(source, i);
    const owner = open.at(-1);
    const [quantifier = ''] = /^(?:[*+?]|\{\d*,?\d*\})[?+]?/.exec(source.slice(i)) ?? [];
    i += quantifier.length;
    const endless = /^(?:[*+]|\{\d*,\})/.test(quantifier) && !/^[*+]\+$/.test(quantifier);
    if (inner && endless) return true;
    if (owner === undefined) return false;
    if (endless || inner) owner.endless = true;
    else if (!/^(?:[*?]|\{0?,)/.test(quantifier)) owner.fixed = true;
  }
  return false;
}

/** Length of a character, an escape or a class (which may hold classes). */
function atomLength(source: string, start: number): number {
  if (source[start] === '\\') return /^\\[pP]\{[^}]*\}/.exec(source.slice(start))?.[0].length ?? 2;
  if (source[start] !== '[') return 1;
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    if (source[i] === '\\') i++;
    else if (source[i] === '[') depth++;
    else if (source[i] === ']' && --depth === 0) return i - start + 1;
  }
  return source.length - start;
}

/**
 * A `precompiled_charsmap` is base64 of: the size of a table in bytes (4 bytes, little endian), the table (a trie of Darts, 4 bytes a unit), and texts that end
 * with NUL. The engine follows the table without looking at its bounds, so every place that can be reached is looked at here.
 */
function checkCharsmap(value: unknown, where: string): void {
  const broken = (what: string): Error => new Error(`${where}: Precompiled has a precompiled_charsmap ${what}`);
  if (typeof value !== 'string' || value.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) throw broken('that is not base64');
  const bytes = Buffer.from(value, 'base64');
  if (bytes.length < 8) throw broken('that is too short');
  const size = bytes.readUInt32LE(0);
  if (size < 4 || size % 4 !== 0 || 4 + size > bytes.length) throw broken('whose table is cut short');
  const texts = bytes.subarray(4 + size);
  if (!isUtf8Text(texts)) throw broken('whose texts are not UTF-8');
  const units = new Uint32Array(size / 4).map((_, i) => bytes.readUInt32LE(4 + 4 * i));
  const offset = (unit: number): number => ((unit >>> 10) << ((unit & 512) >>> 6)) >>> 0;
  const seen = new Set<number>();
  const waiting = [offset(at(units, 0))];
  for (let base = waiting.pop(); base !== undefined; base = waiting.pop()) {
    if (seen.has(base)) continue;
    seen.add(base);
    if ((base | 255) >>> 0 >= units.length) throw broken('whose table points outside itself');
    for (let byte = 1; byte < 256; byte++) {
      const place = (base ^ byte) >>> 0;
      const unit = at(units, place);
      if ((unit & 0x800000ff) !== byte) continue;
      const next = (place ^ offset(unit)) >>> 0;
      if (((unit >>> 8) & 1) === 1) {
        // Behind the last text lies nothing that could be the rest of a character.
        const text = next < units.length ? at(units, next) & 0x7fffffff : Number.POSITIVE_INFINITY;
        if (text > texts.length || (text < texts.length && (at(texts, text) & 0xc0) === 0x80))
          throw broken('whose table points outside its texts');
      }
      waiting.push(next);
    }
  }
}

function isUtf8Text(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
