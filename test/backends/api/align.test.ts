import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignOffsets, alignTokens } from '../../../src/backends/api/align.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8');

/** Pieces as a byte-level tokenizer gives them: the UTF-8 bytes cut anywhere, each part decoded alone. */
function cutBytes(text: string, cuts: readonly number[]): { piece: string; end: number }[] {
  const bytes = encoder.encode(text);
  const ends = [...new Set([...cuts.map((c) => c % (bytes.length + 1)), bytes.length])].filter((c) => c > 0).sort((a, b) => a - b);
  let from = 0;
  return ends.map((end) => {
    const piece = decoder.decode(bytes.slice(from, end));
    from = end;
    return { piece, end };
  });
}

describe('alignTokens', () => {
  it.each([
    // pieces, text, boundary in the text, expected index of the first token behind it
    [['Gal', 'dera', ':', ' A'], 'Galdera: A', 8, 3, false],
    [['<s>', 'Gal', 'dera', ':', ' A'], 'Galdera: A', 8, 4, false],
    // The boundary lies inside " A\n": it straddles.
    [['Bai', '.\n\n', 'Ez'], 'Bai.\n\nEz', 4, 2, true],
    // Parts of an emoji before the boundary.
    [['a', '\uFFFD', '\uFFFD', '\uFFFD', ' B'], 'a🙂 B', 3, 4, false],
    // A continuation that begins with parts of an emoji.
    [[':', '\uFFFD', '\uFFFD', ' B'], ':🙂 B', 1, 1, false],
    // A tokenizer that drops the leading blank of a token decoded alone.
    [['Galdera', ':', 'A'], 'Galdera: A', 8, 2, false],
    // The first token's text is not known.
    [[null, 'dera', ':', ' A'], 'Galdera: A', 8, 3, false],
    // Both emoji come in parts, three bytes and one.
    [['\uFFFD', '\uFFFD', '\uFFFD', '\uFFFD'], '🙂🙂', 2, 2, false],
    // The second token ends one emoji and holds the next.
    [['a\uFFFD', '\uFFFD\uFFFD\uFFFD🙂', '🙂', '\uFFFD', '\uFFFD\uFFFD\uFFFDa'], 'a🙂🙂🙂🙂a', 3, 2, true],
    // ... and it is a token of the server's own.
    [[null, 'Gal', 'dera', ':', ' A'], 'Galdera: A', 8, 4, false],
  ] as const)('%j in %j', (pieces, text, boundary, index, straddled) => {
    expect(alignTokens(pieces, text, boundary)).toMatchObject({ index, straddled });
  });

  it.each([
    [['Gal', 'dena', ':', ' A'], 'Galdera: A', 8],
    [['Gal', 'dera', ':'], 'Galdera: A', 8],
    // Tokens whose texts are not known may end anywhere.
    [[null, null, null], 'abcd', 2],
  ] as const)('gives up on %j in %j', (pieces, text, boundary) => {
    expect(alignTokens(pieces, text, boundary)).toBeNull();
  });

  it('never names a wrong place, however a text is cut into bytes', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', ' ', 'ñ', '\n', '🙂', '–', 'B', '\u00a0'), minLength: 1, maxLength: 14 });
    fc.assert(
      fc.property(texts, texts, fc.array(fc.nat(200), { maxLength: 12 }), (context, continuation, cuts) => {
        const text = context + continuation;
        const tokens = cutBytes(text, cuts);
        const boundary = encoder.encode(context).length;
        const found = alignTokens(
          tokens.map((t) => t.piece),
          text,
          context.length,
        );
        if (found === null) return;
        expect(found.added).toBe(0);
        const before = tokens[found.index - 1]?.end ?? 0;
        const expected = tokens.findIndex((t) => t.end > boundary);
        if (found.straddled) {
          expect(tokens.some((t) => t.end === boundary)).toBe(false);
          expect(found.index).toBe(expected + 1);
        } else expect(before).toBe(boundary);
      }),
      { numRuns: 20_000 },
    );
  });
});

describe('alignOffsets', () => {
  it('counts characters, not UTF-16 units, and knows a BOS by its length', () => {
    expect(alignOffsets([0, 1, 2], '🙂: A', 3)).toEqual({ index: 2, straddled: false, added: 0 });
    expect(alignOffsets([0, 2, 5], 'ab: A', 3)).toBeNull();
  });
  it('refuses offsets that go past the text, as they do where tokens are parts of characters', () => {
    expect(alignOffsets([0, 1, 2, 3, 4], 'a🙂 B', 3)).toBeNull();
  });
});
