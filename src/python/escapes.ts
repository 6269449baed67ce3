const SIMPLE: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/**
 * Returns what a text literal of Python holds, from what stands between its quotes. Calls `fail` for escapes that are broken or not supported.
 */
export function unescaped(text: string, fail: (what: string) => never): string {
  return text.replace(/\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(.))/gs, (whole, ...groups: string[]) => {
    const [octal, hex, short, long, letter] = groups;
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const digits = hex ?? short ?? long;
    if (digits !== undefined) {
      const point = Number.parseInt(digits, 16);
      return point > 0x10ffff ? fail(`'${whole}' is no character`) : String.fromCodePoint(point);
    }
    if (letter === undefined) return whole;
    if (letter === 'x' || letter === 'u' || letter === 'U') return fail(`'\\${letter}' without its digits in a text`);
    if (letter === 'N') return fail("characters by name ('\\N{...}') are not supported");
    return SIMPLE[letter] ?? whole;
  });
}
