import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../shared', import.meta.url));

/** Absolute path of the reference material beside the project, or null where it is absent. */
export const SHARED: string | null = existsSync(`${folder}/README.md`) ? folder : null;

if (SHARED === null) console.log('skipped: tests against ../shared (reference material is not beside this checkout)');

/** Path inside the reference material; only call it in tests guarded by `describe.skipIf(SHARED === null)`. */
export function shared(relative: string): string {
  return `${folder}/${relative}`;
}
