/** What a text is printed on. */

export interface Screen {
  /** Characters in a line; infinite where nothing needs to fit, as in a file or a pipe. */
  readonly width: number;
  readonly colour: boolean;
}

/** A file, a pipe, a page: everything is written, without colour. */
export const NO_SCREEN: Screen = { width: Number.POSITIVE_INFINITY, colour: false };

/** Narrower windows are written as if they had this width: below it no table makes sense. */
const LEAST_WIDTH = 40;

/**
 * Returns the screen behind a stream. Colour only on a terminal, and not where `NO_COLOR` is set to anything or the terminal is `dumb` (no-color.org).
 */
export function screenOf(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Screen {
  if (stream.isTTY !== true) return NO_SCREEN;
  const plain = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  return { width: Math.max(LEAST_WIDTH, stream.columns || 80), colour: !plain };
}

/** How a word looks: good, bad or doubtful news, a heading, or something beside the point. */
export type Tone = 'good' | 'bad' | 'doubt' | 'head' | 'soft';

const CODES: Readonly<Record<Tone, readonly [number, number]>> = {
  good: [32, 39],
  bad: [31, 39],
  doubt: [33, 39],
  head: [1, 22],
  soft: [2, 22],
};

/**
 * Returns a text in a tone, as it is where the screen has no colour.
 */
export function toned(text: string, tone: Tone, screen: Screen): string {
  const [on, off] = CODES[tone];
  return screen.colour && text !== '' ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

/**
 * Returns the columns that a text takes: none for marks that are set over letters, two for wide letters and pictures.
 */
export function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) {
    if (/[\p{Mn}\p{Me}\p{Cf}]/u.test(letter)) continue;
    width += WIDE.test(letter) ? 2 : 1;
  }
  return width;
}

/** East Asian wide letters and pictures (Unicode UAX 11, the blocks that terminals draw wide). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
