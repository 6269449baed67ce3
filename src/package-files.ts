import { fileURLToPath } from 'node:url';

/**
 * Returns the absolute path of a file or folder that ships with the package (`tasks/...`, `fixtures/...`).
 * Works from `src/` under a test runner and from `dist/` when installed: both lie one level below the root.
 */
export function packagePath(relative: string): string {
  return fileURLToPath(new URL(`../${relative}`, import.meta.url));
}
