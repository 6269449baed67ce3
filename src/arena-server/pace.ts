/** Both answers at one pace, so that neither speed nor the cut of tokens tells which model is which. */

/** What two answers are, as far as they have come. */
export interface Sides {
  readonly a: string;
  readonly b: string;
  readonly wholeA: boolean;
  readonly wholeB: boolean;
}

/** Characters shown of each side. */
export interface Shown {
  readonly a: number;
  readonly b: number;
}

/**
 * Tells whether showing may begin: both sides have `lead` characters, or are whole.
 */
export function mayBegin(sides: Sides, lead: number): boolean {
  return (sides.wholeA || sides.a.length >= lead) && (sides.wholeB || sides.b.length >= lead);
}

/**
 * Returns how far each side is shown after one more step of `step` characters. Both get the same number; one that lags holds the other back. Only behind the end of an
 * answer does the other go on alone. Never between the halves of a character beyond 16 bits.
 */
export function advance(sides: Sides, now: Shown, step: number): Shown {
  const leftA = sides.a.length - now.a;
  const leftB = sides.b.length - now.b;
  const endedA = sides.wholeA && leftA === 0;
  const endedB = sides.wholeB && leftB === 0;
  // A whole answer with less than a step left holds nobody back.
  const roomA = sides.wholeA ? step : Math.min(step, leftA);
  const roomB = sides.wholeB ? step : Math.min(step, leftB);
  const both = endedA ? roomB : endedB ? roomA : Math.min(roomA, roomB);
  return { a: endAt(sides.a, Math.min(sides.a.length, now.a + both)), b: endAt(sides.b, Math.min(sides.b.length, now.b + both)) };
}

/** Tells whether both answers are shown to their end. */
export function isOver(sides: Sides, now: Shown): boolean {
  return sides.wholeA && sides.wholeB && now.a === sides.a.length && now.b === sides.b.length;
}

function endAt(text: string, at: number): number {
  const code = text.charCodeAt(at - 1);
  return code >= 0xd800 && code <= 0xdbff ? at - 1 : at;
}
