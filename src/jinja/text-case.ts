import { at } from '../at.js';

/** Letters whose title form is neither their capital nor its first letter with the rest small. */
const TITLES: Readonly<Record<string, string>> = { ŉ: 'ʼN' };
for (const [form, letters] of Object.entries({ ǅ: 'Ǆǆ', ǈ: 'Ǉǉ', ǋ: 'Ǌǌ', ǲ: 'Ǳǳ' })) {
  for (const letter of `${letters}${form}`) Object.assign(TITLES, { [letter]: form });
}
const GEORGIAN = /^[\u10d0-\u10fa\u10fd-\u10ff]$/;
const IOTA = '\u0345';

/** The title form of one character. */
function titleOf(character: string): string {
  const known = Object.hasOwn(TITLES, character) ? TITLES[character] : undefined;
  if (known !== undefined) return known;
  if (GEORGIAN.test(character)) return character;
  const parts = character.normalize('NFD');
  if (parts.includes(IOTA) && parts.length > 1) return (parts.replace(IOTA, '').toUpperCase() + IOTA).normalize('NFC');
  const upper = character.toUpperCase();
  const [first = ''] = upper;
  return first + upper.slice(first.length).toLowerCase();
}

/**
 * Returns the text with its first character in title form and the rest in lower case, as `str.capitalize`.
 */
export function capitalize(text: string): string {
  const [first = ''] = text;
  return titleOf(first) + text.toLowerCase().slice(first.toLowerCase().length);
}

const CASED = /\p{Cased}/u;

/**
 * Returns the text with each letter behind a letter in lower case and each other one in title form, as `str.title`.
 */
export function title(text: string): string {
  let out = '';
  let behindLetter = false;
  const lower = Array.from(text.toLowerCase());
  const characters = Array.from(text);
  // The small form of a character depends on its neighbours (final sigma) where the two texts have the same length.
  const aligned = lower.length === characters.length;
  for (const [i, character] of characters.entries()) {
    out += behindLetter ? (aligned ? at(lower, i) : character.toLowerCase()) : titleOf(character);
    behindLetter = CASED.test(character);
  }
  return out;
}

/**
 * Returns the text with capitals small and small letters capital, as `str.swapcase`.
 */
export function swapCase(text: string): string {
  let out = '';
  for (const character of text) {
    if (/\p{Uppercase}/u.test(character)) out += character.toLowerCase();
    else out += /\p{Lowercase}/u.test(character) ? character.toUpperCase() : character;
  }
  return out;
}

/**
 * Returns whether the text has letters with case and all of them are small, as `str.islower`.
 */
export function isLower(text: string): boolean {
  return /\p{Lowercase}/u.test(text) && !/[\p{Uppercase}\p{Lt}]/u.test(text);
}

/**
 * Returns whether the text has letters with case and all of them are capitals, as `str.isupper`.
 */
export function isUpper(text: string): boolean {
  return /\p{Uppercase}/u.test(text) && !/[\p{Lowercase}\p{Lt}]/u.test(text);
}

/**
 * Returns whether capitals stand only where a word begins and small letters only behind letters, as `str.istitle`.
 */
export function isTitle(text: string): boolean {
  let found = false;
  let behindLetter = false;
  for (const character of text) {
    const upper = /[\p{Uppercase}\p{Lt}]/u.test(character);
    const cased = CASED.test(character);
    if (cased && upper === behindLetter) return false;
    found ||= cased;
    behindLetter = cased;
  }
  return found;
}

/** Digits that are no decimal digits, by Python's tables (from `str.isdigit`). */
const DIGITS =
  /^[\p{Nd}\u{b2}-\u{b3}\u{b9}\u{1369}-\u{1371}\u{19da}\u{2070}\u{2074}-\u{2079}\u{2080}-\u{2089}\u{2460}-\u{2468}\u{2474}-\u{247c}\u{2488}-\u{2490}\u{24ea}\u{24f5}-\u{24fd}\u{24ff}\u{2776}-\u{277e}\u{2780}-\u{2788}\u{278a}-\u{2792}\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}]+$/u;
/** Ideographs that stand for numbers (from `str.isnumeric`). */
const IDEOGRAPHS =
  '\\u{3405}\\u{3483}\\u{382a}\\u{3b4d}\\u{4e00}\\u{4e03}\\u{4e07}\\u{4e09}\\u{4e5d}\\u{4e8c}\\u{4e94}\\u{4e96}\\u{4ebf}-\\u{4ec0}\\u{4edf}\\u{4ee8}\\u{4f0d}' +
  '\\u{4f70}\\u{5104}\\u{5146}\\u{5169}\\u{516b}\\u{516d}\\u{5341}\\u{5343}-\\u{5345}\\u{534c}\\u{53c1}-\\u{53c4}\\u{56db}\\u{58f1}\\u{58f9}\\u{5e7a}' +
  '\\u{5efe}-\\u{5eff}\\u{5f0c}-\\u{5f0e}\\u{5f10}\\u{62fe}\\u{634c}\\u{67d2}\\u{6f06}\\u{7396}\\u{767e}\\u{8086}\\u{842c}\\u{8cae}\\u{8cb3}\\u{8d30}' +
  '\\u{9621}\\u{9646}\\u{964c}\\u{9678}\\u{96f6}\\u{f96b}\\u{f973}\\u{f978}\\u{f9b2}\\u{f9d1}\\u{f9d3}\\u{f9fd}\\u{20001}\\u{20064}\\u{200e2}\\u{20121}' +
  '\\u{2092a}\\u{20983}\\u{2098c}\\u{2099c}\\u{20aea}\\u{20afd}\\u{20b19}\\u{22390}\\u{22998}\\u{23b1b}\\u{2626d}\\u{2f890}';
const NUMERIC = new RegExp(`^[\\p{N}${IDEOGRAPHS}]+$`, 'u');
const LETTERS_AND_NUMBERS = new RegExp(`^[\\p{L}\\p{N}${IDEOGRAPHS}]+$`, 'u');

/** Python's `str.is...` by the kind of all characters; all but `isascii` and `isprintable` are false for an empty text. */
export const KINDS: Readonly<Record<string, (text: string) => boolean>> = {
  isdigit: (text) => DIGITS.test(text),
  isdecimal: (text) => /^\p{Nd}+$/u.test(text),
  isnumeric: (text) => NUMERIC.test(text),
  isalpha: (text) => /^\p{L}+$/u.test(text),
  isalnum: (text) => LETTERS_AND_NUMBERS.test(text),
  isascii: (text) => /^\p{ASCII}*$/u.test(text),
  isidentifier: (text) => /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(text),
  isprintable: (text) => /^(?:[^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]| )*$/u.test(text),
};

/**
 * Returns the text with the decimal digits of all scripts as 0 to 9, as Python's `int` and `float` read them.
 */
export function plainDigits(text: string): string {
  return text.replace(/\P{ASCII}/gu, (character) => {
    if (!/\p{Nd}/u.test(character)) return character;
    const point = character.codePointAt(0) ?? 0;
    // Each script's digits stand in a row that begins with its zero; rows that touch have ten digits each.
    let first = point;
    while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first--;
    return String((point - first) % 10);
  });
}
