/** Scores that are a metric behind a filter, and letter choice; the metrics themselves are explained in their own files. */
import { textDocument } from '../metrics/documents.js';
import { METRICS, metricNamed } from '../metrics/registry.js';
import { HARNESS, show, type Topic } from '../metrics/topic.js';
import { strip } from '../python/strings.js';
import { extract } from '../scoring/filters.js';
import { namesOneLetter } from '../scoring/letters.js';

const FLEXIBLE = { function: 'regex', regexPattern: '(-?[$0-9.,]{2,})|(-?[0-9]+)', groupSelect: -1, fallback: '[invalid]' } as const;
const STRICT = { function: 'regex', regexPattern: 'The answer is (\\-?[0-9\\.\\,]+)', groupSelect: 0, fallback: '[invalid]' } as const;

/** How the benchmarks with these filters compare: no case, no punctuation. */
const LENIENT = { ignore_case: true, ignore_punctuation: true };

function exactMatch(answer: string, reference: string, options: Readonly<Record<string, unknown>>): string {
  return show(Number(metricNamed('exact_match').bind(options).score(textDocument(answer, reference))));
}

function exactMatchLines(step: typeof FLEXIBLE | typeof STRICT): readonly string[] {
  const examples = [
    ['16 - 3 = 13. The answer is 1,300.', '1300'],
    ['The answer is 13, so she sells 13 at $2 and earns $26.', '26'],
    ['She sells them all.', '26'],
  ] as const;
  return examples.map(([text, reference]) => {
    const answer = extract(text, step);
    return `"${text}" -> ${answer}; reference ${reference}: exact_match = ${exactMatch(answer, reference, LENIENT)}`;
  });
}

/** Scores of a document. */
export const scoreTopics: readonly Topic[] = [
  ...[...METRICS.values()].map(({ topic }) => topic),
  {
    name: 'flexible-extract',
    also: ['exact_match,flexible-extract', 'flexible extract'],
    title: 'exact match, filter flexible-extract (headline of MGSM)',
    definition:
      'The last number in the generated text is the answer ([invalid] without any). From answer and reference the ignored patterns are removed, then letters become lower case, then ASCII punctuation is removed, then they are compared. Without commas and dots 1,300 equals 1300, but also 5.5 equals 55.',
    formula: [
      `last match of ${FLEXIBLE.regexPattern}, its first group that is not empty, without white space around it`,
      'exact_match = mean of (normalised answer = normalised reference)',
    ],
    source: HARNESS,
    example: () => exactMatchLines(FLEXIBLE),
  },
  {
    name: 'strict-match',
    also: ['exact_match,strict-match', 'strict match'],
    title: 'exact match, filter strict-match',
    definition:
      'As exact_match, but the answer is the number behind the words that the examples use ("The answer is", "Erantzuna ... da", "La respuesta es"); the first such place counts. A model that writes them differently scores 0 however right it is, so this is not the headline.',
    formula: [`first match of ${STRICT.regexPattern} (English)`],
    source: HARNESS,
    example: () => exactMatchLines(STRICT),
  },
  {
    name: 'strict_match',
    also: ['exact_match,strict_match', 'letter choice', 'letter'],
    title: 'exact match of a letter (API models)',
    definition:
      'API models are asked for a single letter. White space around the answer is dropped, "$" and a dot at the end too, case and punctuation do not count; the rest must be the right letter. An answer that does not name exactly one of the letters is wrong and counted as unparsable.',
    formula: ['exact_match = mean of (normalised answer = letter of the target)'],
    source: "the paper's recorded configurations of its API runs",
    example: () =>
      ['B', ' (b).', 'B Bilbo', 'Ez dakit'].map((text) => {
        const score = exactMatch(strip(text), 'B', { ...LENIENT, regexes_to_ignore: ['\\$', '\\.$'] });
        return `"${text}", right is B: ${score}${namesOneLetter(text, ['A', 'B', 'C']) ? '' : ', unparsable'}`;
      }),
  },
];
