/** In which language an answer is written: the share of answers in the language that was asked for is read off sample files. */
import type { AnswerLanguage } from '../types.js';

/**
 * Letters that an answer must have before its language is told. Measured on 347,000 messages of free software (docs/metrics.md): from here
 * on at most 2 in 100 are told wrong; among shorter ones it is up to a quarter, so they are not guessed.
 */
export const LEAST_LETTERS = 40;

/** Tells the language of an answer without its thought. */
export type LanguageTeller = (answer: string) => AnswerLanguage;

/**
 * Loads the detector (half a second) and returns what tells languages apart: `too short` below `leastLetters`, `unclear` where the detector
 * does not commit itself, and `other` for each of its languages but the three of the benchmarks.
 */
export async function openLanguageTeller(leastLetters = LEAST_LETTERS): Promise<LanguageTeller> {
  const { eld } = await import('eld/medium');
  return (answer) => {
    if ((answer.match(/\p{L}/gu)?.length ?? 0) < leastLetters) return 'too short';
    const found = eld.detect(answer);
    if (found.language === '' || !found.isReliable()) return 'unclear';
    return found.language === 'eu' || found.language === 'es' || found.language === 'en' ? found.language : 'other';
  };
}
