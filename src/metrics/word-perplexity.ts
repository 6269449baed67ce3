import { defineMetric } from './define.js';
import { rollingDocument } from './documents.js';
import { countWords, perUnit } from './text-lengths.js';

/** Perplexity per word. */
export const wordPerplexity = defineMetric({
  ...perUnit(countWords, Math.exp),
  name: 'word_perplexity',
  aggregation: 'weighted_perplexity',
  topic: {
    also: [],
    title: 'perplexity per word; lower is better',
    definition:
      'How many equally likely words the model would be choosing among at each word of the texts, on the geometric mean. Words are what stands between blanks, so models with different tokenizers can be compared; languages with long words (Basque) have larger values. As in the harness there is no standard error.',
    formula: ['word_perplexity = exp(-sum of log P(text) / words of all texts)'],
    source: "EleutherAI's lm-evaluation-harness 0.4.8",
  },
  table: [{ documents: [rollingDocument('ur ñabar bat', -6 * Math.LN2), rollingDocument('bai', -2 * Math.LN2)], value: 4, stderr: null }],
});
