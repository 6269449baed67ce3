import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from '../src/suggest.js';

describe('nearest', () => {
  it.each([
    ['bais', ['acc', 'bias', 'agreement'], 'bias'],
    ['eus_trivai', ['eus_reading', 'eus_trivia'], 'eus_trivia'],
    ['RUN', ['run', 'gate'], 'run'],
    ['fr', ['eu', 'en', 'es'], null],
    ['mgsm', ['eus_trivia', 'mgsm_native_cot_en_long', 'mgsm_native_cot_eu', 'amgsm_x'], 'mgsm_native_cot_eu'],
    ['eu', ['belebele_eu_more'], null],
    ['a'.repeat(5000), ['acc'], null],
  ])('of %s', (word, candidates, found) => {
    expect(nearest(word, candidates)).toBe(found);
  });

  it('says nothing where nothing is near', () => {
    expect(didYouMean('something', ['acc'])).toBe('');
    expect(didYouMean('ac', ['acc'])).toBe(' Did you mean acc?');
  });
});
