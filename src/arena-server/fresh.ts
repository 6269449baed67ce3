/** Whether something kept is still good, on a clock that somebody may set back. */

/**
 * Tells whether something of the time `at` is at most `milliseconds` old at the time `now`. What comes from the future is not: after a clock is set back it would be kept until the
 * clock is there again.
 */
export function isFresh(at: number, now: number, milliseconds: number): boolean {
  return at <= now && now - at <= milliseconds;
}
