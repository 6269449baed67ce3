/** Who hears what the hub is waited for: a program that prints says so, a library does not. */
let listener: (line: string) => void = () => {};

/**
 * Sets who hears of waits, for the whole process.
 */
export function listenToWaits(hear: (line: string) => void): void {
  listener = hear;
}

/**
 * Tells what is waited for, in one line.
 */
export function tellWait(line: string): void {
  listener(line);
}
