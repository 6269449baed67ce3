/// <reference lib="dom" />
/** The state of a page in its address. */

/**
 * Writes a state into the address; with `push` as a step that the browser's Back takes back.
 */
export function keepAddress(hash: string, push: boolean): void {
  try {
    if (push) history.pushState(null, '', hash);
    else history.replaceState(null, '', hash);
  } catch {
    // Some browsers refuse in files that were opened from the disk.
    location.hash = hash;
  }
}
