/** What is read again only after a while, on a clock that somebody may set back. */

/**
 * Tells whether something of the time `at` is at most `milliseconds` old at the time `now`. What comes from the future is not: after a clock is set back it would be kept until the
 * clock is there again.
 */
export function isFresh(at: number, now: number, milliseconds: number): boolean {
  return at <= now && now - at <= milliseconds;
}

/** Something that is made anew where the last one is too old. All who ask meanwhile share one. */
export class Kept<T> {
  #last: { readonly at: number; readonly value: Promise<T> } | null = null;
  constructor(
    private readonly make: () => Promise<T>,
    private readonly milliseconds: number,
    private readonly now: () => number,
  ) {}

  /** Returns it as it was at most so many milliseconds ago. One that failed is not kept. */
  read(): Promise<T> {
    if (this.#last !== null && isFresh(this.#last.at, this.now(), this.milliseconds)) return this.#last.value;
    const value = this.make();
    this.#last = { at: this.now(), value };
    value.catch(() => this.forget());
    return value;
  }

  /** The next reading makes it anew. */
  forget(): void {
    this.#last = null;
  }
}
