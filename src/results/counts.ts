/** What a run counts besides scores: unscored documents by reason, and oddities of answers. */
import type { AnswerLanguage, FailureReason, ResponseNotes, Scored, Value } from '../types.js';

/** Counters, and what they are called in results files. */
export const COUNTERS = [
  // Documents whose prompt was cut on the left, and the tokens cut.
  ['truncatedPrompts', 'truncated_prompts'],
  ['truncatedTokens', 'truncated_tokens'],
  ['doubledBos', 'doubled_bos'],
  // Answers that ended at the limit of new tokens; the one token of a letter answer does not count.
  ['cutAnswers', 'cut_answers'],
  // Answers of which nothing is left to score.
  ['emptyAnswers', 'empty_answers'],
  // Answers whose thought was taken off before scoring, and those of them whose thought never ended (empty answers).
  ['thinkingRemoved', 'thinking_removed'],
  ['thinkingUnfinished', 'thinking_unfinished'],
  // API answers without any letter of the document.
  ['unparsable', 'unparsable'],
  // Documents whose target is none of their choices: wrong whatever the model says.
  ['goldOutOfRange', 'gold_out_of_range'],
] as const;

/** What a run counts besides scores; all zero in a healthy run. */
export interface Counts extends Record<(typeof COUNTERS)[number][0], number> {
  unscored: Partial<Record<FailureReason, number>>;
  /** Generated answers by the language that they are written in; no oddity. */
  languages: Record<AnswerLanguage, number>;
}

/** What can be told of the language of an answer, in the order of results files. */
export const ANSWER_LANGUAGES: readonly AnswerLanguage[] = ['eu', 'es', 'en', 'other', 'unclear', 'too short'];

/**
 * Returns counts with nothing counted.
 */
export function noCounts(): Counts {
  return {
    unscored: {},
    truncatedPrompts: 0,
    truncatedTokens: 0,
    doubledBos: 0,
    cutAnswers: 0,
    emptyAnswers: 0,
    thinkingRemoved: 0,
    thinkingUnfinished: 0,
    unparsable: 0,
    goldOutOfRange: 0,
    languages: { eu: 0, es: 0, en: 0, other: 0, unclear: 0, 'too short': 0 },
  };
}

/**
 * Returns the sum of two counts.
 */
export function addCounts(a: Counts, b: Counts): Counts {
  const sum: Counts = { ...a, unscored: { ...a.unscored }, languages: { ...a.languages } };
  for (const [reason, n] of entriesOf(b.unscored)) sum.unscored[reason] = (sum.unscored[reason] ?? 0) + n;
  for (const language of ANSWER_LANGUAGES) sum.languages[language] += b.languages[language];
  for (const [counter] of COUNTERS) sum[counter] += b[counter];
  return sum;
}

/**
 * Returns counts as results files hold them.
 */
export function countFields(counts: Counts): Readonly<Record<string, Value>> {
  return {
    unscored: { ...counts.unscored },
    ...Object.fromEntries(COUNTERS.map(([counter, field]) => [field, counts[counter]])),
    answer_languages: { ...counts.languages },
  };
}

/**
 * Returns the number of unscored documents.
 */
export function unscoredTotal(counts: Counts): number {
  return entriesOf(counts.unscored).reduce((sum, [, n]) => sum + n, 0);
}

/** What counts of a response: why there is no answer, or the oddities of one. */
export type Counted =
  | { readonly kind: 'failure'; readonly reason: FailureReason; readonly message?: string }
  | { readonly kind: 'choices' | 'generate' | 'rolling'; readonly notes?: ResponseNotes };

/**
 * Adds one response's oddities to the counts.
 */
export function countResponse(counts: Counts, response: Counted): void {
  if (response.kind === 'failure') {
    counts.unscored[response.reason] = (counts.unscored[response.reason] ?? 0) + 1;
    return;
  }
  const cut = response.notes?.truncatedTokens ?? 0;
  if (cut > 0) {
    counts.truncatedPrompts += 1;
    counts.truncatedTokens += cut;
  }
  if (response.notes?.doubledBos === true) counts.doubledBos += 1;
}

/**
 * Adds the oddities of one document's answer to the counts. `scored` are its scores under each filter, which say the same of the answer.
 */
export function countScored(counts: Counts, [first]: readonly Omit<Scored, 'filtered'>[]): void {
  if (first?.cut === true) counts.cutAnswers += 1;
  if (first?.empty === true) counts.emptyAnswers += 1;
  if (first?.thinkingRemoved === true) counts.thinkingRemoved += 1;
  if (first?.thinkingUnfinished === true) counts.thinkingUnfinished += 1;
  if (first?.unparsable === true) counts.unparsable += 1;
  if (first?.goldOutOfRange === true) counts.goldOutOfRange += 1;
  if (first?.language !== undefined) counts.languages[first.language] += 1;
}

/**
 * Returns one sentence with every count that is not zero, or null when there is nothing to say.
 */
export function describeCounts(counts: Counts): string | null {
  const parts = entriesOf(counts.unscored).map(([reason, n]) => `${n} unscored (${reason})`);
  if (counts.truncatedPrompts > 0)
    parts.push(`${many(counts.truncatedPrompts, 'prompt')} cut on the left by ${many(counts.truncatedTokens, 'token')} in all`);
  if (counts.doubledBos > 0) parts.push(`${many(counts.doubledBos, 'prompt')} with a doubled BOS`);
  if (counts.cutAnswers > 0)
    parts.push(
      `${many(counts.cutAnswers, 'answer')} cut at the limit of new tokens (scored as ${counts.cutAnswers === 1 ? 'it is' : 'they are'}; --max-new-tokens N allows more)`,
    );
  if (counts.thinkingUnfinished > 0)
    parts.push(
      `${many(counts.thinkingUnfinished, 'thought')} that never ended (scored as ${counts.thinkingUnfinished === 1 ? 'an empty answer' : 'empty answers'})`,
    );
  const empty = counts.emptyAnswers - counts.thinkingUnfinished;
  if (empty > 0) parts.push(many(empty, 'empty answer'));
  const removed = counts.thinkingRemoved - counts.thinkingUnfinished;
  if (removed > 0) parts.push(`${many(removed, 'thought')} taken off before scoring`);
  if (counts.unparsable > 0) parts.push(`${many(counts.unparsable, 'answer')} without a letter (counted as wrong)`);
  if (counts.goldOutOfRange > 0)
    parts.push(
      `${many(counts.goldOutOfRange, 'document')} whose target is none of ${counts.goldOutOfRange === 1 ? 'its' : 'their'} choices (counted as wrong)`,
    );
  return parts.length === 0 ? null : parts.join('; ');
}

function many(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/**
 * Returns the line of a run that says what was counted.
 */
export function countedLine(counts: Counts): string {
  return `counted: ${describeCounts(counts) ?? 'all documents scored, no prompt truncated, no warnings'}`;
}

/** Answers from which shares of them are told in percent. */
const LEAST_FOR_PERCENT = 10;

/** Names of languages, and what else is said of the language of an answer. */
export const LANGUAGE_WORDS: Readonly<Record<AnswerLanguage, string>> = {
  eu: 'Basque',
  es: 'Spanish',
  en: 'English',
  other: 'another language',
  unclear: 'unclear',
  'too short': 'too short to tell',
};

/**
 * Returns in which languages answers are written (`96.0 % Basque, 4.0 % Spanish of 250 answers; 3 too short to tell`; of few answers their numbers), or null where none is long enough to tell.
 */
export function describeLanguages({ languages }: Pick<Counts, 'languages'>): string | null {
  const told = (['eu', 'es', 'en', 'other'] as const).filter((language) => languages[language] > 0);
  const n = told.reduce((sum, language) => sum + languages[language], 0);
  if (n === 0) return null;
  const share = (count: number): string => (n < LEAST_FOR_PERCENT ? String(count) : `${((100 * count) / n).toFixed(1)} %`);
  const shares = told.map((language) => `${share(languages[language])} ${LANGUAGE_WORDS[language]}`);
  const rest = (['unclear', 'too short'] as const).flatMap((kind) =>
    languages[kind] === 0 ? [] : [`; ${languages[kind]} ${LANGUAGE_WORDS[kind]}`],
  );
  return `${shares.join(', ')} of ${many(n, 'answer')}${rest.join('')}`;
}

/** Every reason for which a document is unscored, in the order of messages. */
export const FAILURE_REASONS: readonly FailureReason[] = [
  'http',
  'timeout',
  'refused',
  'malformed',
  'not a number',
  'empty continuation',
  'too long',
  'out of memory',
  'budget',
  'internal',
];

function entriesOf(unscored: Counts['unscored']): [FailureReason, number][] {
  return FAILURE_REASONS.flatMap((reason): [FailureReason, number][] => {
    const n = unscored[reason];
    return n === undefined || n === 0 ? [] : [[reason, n]];
  });
}
