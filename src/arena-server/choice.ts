/** What a vote says. */

/** Left better, right better, equally good, both bad. */
export const CHOICES = ['a', 'b', 'tie', 'bad'] as const;
export type Choice = (typeof CHOICES)[number];

/** Tells whether the votes on content and on language contradict each other: one prefers the left answer and the other the right. */
export function contradict(content: Choice, language: Choice): boolean {
  return (content === 'a' && language === 'b') || (content === 'b' && language === 'a');
}

/**
 * Returns the vote on the whole where it follows from the other two: the side that either prefers; both bad where both say so; else a tie. Null where they
 * contradict each other, and the participant must be asked.
 */
export function wholeOf(content: Choice, language: Choice): Choice | null {
  if (contradict(content, language)) return null;
  if (content === language) return content;
  for (const choice of [content, language]) if (choice === 'a' || choice === 'b') return choice;
  return 'tie';
}
