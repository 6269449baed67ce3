import { describe, expect, it } from 'vitest';
import { extrapolate, timeWords } from '../../src/run/forecast.js';

describe('the work of documents that were not looked at', () => {
  const work = (tokens: number) => ({ tokens, attended: 10 * tokens, rows: 4, newTokens: 0 });

  it('is what each further document adds, so that examples which all share count once', () => {
    // Five shared examples of 500 tokens, and 20 tokens of each document.
    expect(extrapolate(work(520), { ...work(620), rows: 24 }, 6, 1000)).toEqual({
      tokens: 520 + 20 * 999,
      attended: 5200 + 200 * 999,
      rows: 4000,
      newTokens: 0,
    });
    expect(extrapolate(work(520), work(520), 1, 1)).toEqual(work(520));
    expect(extrapolate(work(100), work(300), 3, 3)).toEqual({ ...work(300) });
  });
});

describe('a time in words', () => {
  it.each([
    [0.1, 20, 'less than a minute'],
    [20, 100, 'up to 2 min'],
    [66, 120, 'about 1 to 2 min'],
    [610, 640, 'about 10 to 11 min'],
    [590, 610, 'about 10 min'],
    [5000, 9000, 'about 1.5 to 2.5 h'],
    [7300, 10_900, 'about 2 to 3 h'],
    [20_000, 60_000, 'about 6 to 17 h'],
    [400_000, 800_000, 'about 5 to 9 days'],
  ])('%d to %d s', (low, high, words) => {
    expect(timeWords({ low, high })).toBe(words);
  });
});
