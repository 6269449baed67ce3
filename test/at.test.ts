import { describe, expect, it } from 'vitest';
import { at } from '../src/at.js';

describe('at', () => {
  it('returns the element, falsy ones too', () => {
    expect([at([0, 1], 0), at(['', 'a'], 0), at(new Float64Array([0, 2]), 1), at('ab', 1)]).toEqual([0, '', 2, 'b']);
  });
  it('throws outside the list', () => {
    for (const index of [-1, 2, 0.5, Number.NaN]) expect(() => at([1, 2], index)).toThrow(RangeError);
  });
});
