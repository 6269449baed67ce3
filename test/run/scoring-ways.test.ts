import { expect, it } from 'vitest';
import { createScoringWays } from '../../src/run/scoring-ways.js';
import type { Response, ScoringWay } from '../../src/types.js';

const scored = (scoring: ScoringWay): Response => ({ kind: 'choices', logprobs: [-1], greedy: [true], notes: { scoring } });

it('names the way of most documents of each task, and counts where there were several', () => {
  const ways = createScoringWays();
  expect(ways.details()).toEqual({});
  ways.add('local', { kind: 'choices', logprobs: [-1], greedy: [true] });
  expect(ways.details()).toEqual({});
  ways.add('letters', scored('first token'));
  for (const way of ['prompt log-probabilities', 'stepped', 'stepped'] as const) ways.add('texts', scored(way));
  expect(ways.details()).toEqual({
    scoring: { letters: 'first token', texts: 'stepped' },
    scoring_documents: { texts: { stepped: 2, 'prompt log-probabilities': 1 } },
  });
});
