import { z } from 'zod';
import { goldList } from './choices.js';
import { defineMetric } from './define.js';
import { choiceDocument, textDocument } from './documents.js';
import { type Ignored, normalise } from './normalise.js';
import { RIGHT_OR_WRONG } from './summaries.js';
import { HARNESS } from './topic.js';

const options = z
  .strictObject({
    ignore_case: z.boolean().optional(),
    ignore_punctuation: z.boolean().optional(),
    ignore_numbers: z.boolean().optional(),
    regexes_to_ignore: z.array(z.string()).nullish(),
  })
  .transform(
    (raw): Ignored => ({
      ignoreCase: raw.ignore_case ?? false,
      ignorePunctuation: raw.ignore_punctuation ?? false,
      ignoreNumbers: raw.ignore_numbers ?? false,
      regexesToIgnore: raw.regexes_to_ignore ?? [],
    }),
  );

/** 1 where answer and reference are equal after normalising both; of choices: where the model would have written the right one. */
export const exactMatch = defineMetric({
  ...RIGHT_OR_WRONG,
  name: 'exact_match',
  options,
  scores: {
    generate_until({ answer, references }, how: Ignored) {
      const given = normalise(answer, how);
      return Number(references.some((reference) => normalise(reference, how) === given));
    },
    multiple_choice: ({ greedy, gold }) => Number(goldList(gold).some((index) => greedy[index] === true)),
  },
  topic: {
    also: ['exact match', 'em'],
    title: 'exact match',
    definition:
      'What the filter leaves of the generated text is compared with the reference. From both the ignored patterns are removed, then letters become lower case, then ASCII punctuation and digits are removed, as the task says. Without commas and dots 1,300 equals 1300, but also 5.5 equals 55. Where several references are right, any of them counts. Of multiple choice: whether each token of the right choice is the most probable one.',
    formula: ['exact_match = mean of (normalised answer = normalised reference)'],
    source: HARNESS,
  },
  table: [
    { documents: [textDocument('1,300.', '1300'), textDocument('Bai', 'bai')], value: 0, stderr: 0 },
    {
      options: { ignore_case: true, ignore_punctuation: true },
      documents: [textDocument('1,300.', '1300'), textDocument('Bai', 'bai'), textDocument('ez', 'bai')],
      value: 2 / 3,
      stderr: 1 / 3,
    },
    { options: { ignore_numbers: true, regexes_to_ignore: [' '] }, documents: [textDocument('a 12', 'a3', 'b')], value: 1, stderr: null },
    { documents: [choiceDocument({ bai: -1, ez: -2 }, 0), choiceDocument({ bai: -1, ez: -2 }, 1)], value: 0.5, stderr: 0.5 },
  ],
});
