import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCounts, type Counts, countResponse, describeCounts, noCounts, unscoredTotal } from '../../src/results/counts.js';
import { guard } from '../../src/run/guard.js';
import type { ChoicesRequest, ChoicesResponse, GenerateRequest } from '../../src/types.js';

const choices: ChoicesRequest = { kind: 'choices', context: 'Galdera:', continuations: [' A', ' B', ' C'] };
const generate: GenerateRequest = { kind: 'generate', context: 'Galdera:', until: [], maxNewTokens: 8 };
const good: ChoicesResponse = { kind: 'choices', logprobs: [-1, -2, -0], greedy: [false, false, true] };

describe('guard', () => {
  it('lets a fitting answer through untouched', () => {
    expect(guard(choices, good)).toBe(good);
    const text = { kind: 'generate', text: '', finish: 'stop' } as const;
    expect(guard(generate, text)).toBe(text);
  });

  it.each([
    ['NaN', { ...good, logprobs: [-1, Number.NaN, -3] }, 'not a number', 'continuation 1'],
    ['minus infinity', { ...good, logprobs: [Number.NEGATIVE_INFINITY, -1, -3] }, 'not a number', 'continuation 0'],
    ['too few scores', { ...good, logprobs: [-1, -2] }, 'malformed', '2 scores'],
    ['too many flags', { ...good, greedy: [true, true, true, true] }, 'malformed', '4 greedy flags'],
    ['a probability above one', { ...good, logprobs: [-1, 0.5, -2] }, 'malformed', 'above 0'],
    ['a text for choices', { kind: 'generate', text: 'A', finish: 'stop' }, 'malformed', "'generate'"],
  ] as const)('names %s', (_, response, reason, words) => {
    const checked = guard(choices, response);
    expect(checked).toMatchObject({ kind: 'failure', reason });
    expect(checked.kind === 'failure' && checked.message).toContain(words);
  });

  it('takes numbers of a typed array as a list, and refuses what callers without types can give', () => {
    const typed: unknown = { ...good, logprobs: Float32Array.of(-1, -2, -0.5) };
    expect(guard(choices, typed as ChoicesResponse)).toEqual({ ...good, logprobs: [-1, -2, -0.5] });
    for (const odd of [null, undefined, 1, { ...good, greedy: ['no', 'no', 'no'] }, { kind: 'failure', reason: { a: 1 }, message: 'x' }])
      expect(guard(choices, odd as unknown as ChoicesResponse)).toMatchObject({ kind: 'failure', reason: 'malformed' });
  });

  it('never lets a number through that is not finite, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 5 }), fc.array(fc.boolean(), { maxLength: 5 }), (logprobs, greedy) => {
        const checked = guard(choices, { kind: 'choices', logprobs, greedy });
        return (
          checked.kind === 'failure' ||
          (checked.kind === 'choices' && checked.logprobs.length === 3 && checked.logprobs.every(Number.isFinite))
        );
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});

describe('counts', () => {
  it('counts every oddity once and says it in one sentence', () => {
    const counts: Counts = noCounts();
    expect(describeCounts(counts)).toBeNull();
    countResponse(counts, { kind: 'failure', reason: 'timeout', message: 'x' });
    countResponse(counts, { kind: 'failure', reason: 'timeout', message: 'x' });
    countResponse(counts, { ...good, notes: { truncatedTokens: 12, doubledBos: true } });
    expect(unscoredTotal(counts)).toBe(2);
    expect(describeCounts(counts)).toBe('2 unscored (timeout); 1 prompt cut on the left by 12 tokens in all; 1 prompt with a doubled BOS');
    const sum = addCounts(counts, { ...noCounts(), unscored: { timeout: 1, http: 4 }, unparsable: 3 });
    expect(sum).toEqual({
      ...noCounts(),
      unscored: { timeout: 3, http: 4 },
      truncatedPrompts: 1,
      truncatedTokens: 12,
      doubledBos: 1,
      unparsable: 3,
    });
  });
});
