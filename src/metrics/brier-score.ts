import { UserError } from '../errors.js';
import { softmax } from './choices.js';
import { defineMetric } from './define.js';
import { choiceDocument } from './documents.js';
import { isNumber, NO_OPTIONS } from './summaries.js';

/** [right choice, probability of each choice among them]. */
type Forecast = readonly [number, readonly number[]];

function isForecast(value: unknown): value is Forecast {
  return Array.isArray(value) && value.length === 2 && isNumber(value[0]) && Array.isArray(value[1]) && value[1].every(isNumber);
}

/** A target that names no choice is an outcome that was given no probability. */
function squares([gold, probabilities]: Forecast): number {
  const off = probabilities.reduce((sum, p, i) => sum + (i === gold ? (p - 1) ** 2 : p ** 2), 0);
  return gold < 0 ? off + 1 : off;
}

/** Squared error of the probabilities of the choices. */
export const brierScore = defineMetric({
  name: 'brier_score',
  aggregation: 'brier_score',
  higherIsBetter: false,
  scale: 'number',
  options: NO_OPTIONS,
  scores: {
    multiple_choice({ gold, logprobs, where }): Forecast {
      if (typeof gold !== 'number') throw new UserError(`${where}: brier_score needs one right choice, the target names ${gold.length}`);
      return [gold, softmax(logprobs)];
    },
  },
  isValue: isForecast,
  summary: {
    aggregate: (values) => values.reduce((sum, value) => sum + squares(value), 0) / values.length,
    standardError: () => null,
  },
  topic: {
    also: ['brier'],
    title: 'Brier score; lower is better',
    definition:
      'How far the probabilities of the choices are from certainty about the right one: from 0 (certain and right) to 2 (certain and wrong). The probabilities are those of the choices among themselves. As in the harness there is no standard error.',
    formula: ['brier_score = mean over documents of sum_i (p_i - [i is right])^2, p = softmax of the log-probabilities'],
    source: "EleutherAI's lm-evaluation-harness 0.4.8",
  },
  table: [
    {
      documents: [choiceDocument({ bai: Math.log(0.75), ez: Math.log(0.25) }, 0), choiceDocument({ bai: -1, ez: -1 }, 1)],
      value: 0.3125,
      stderr: null,
    },
  ],
});
