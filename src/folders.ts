/** Making folders that a user names. */
import { existsSync } from 'node:fs';
import { mkdir, opendir, rmdir } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder and those above it that do not exist; one that exists is fine. Returns the folders that were made, the outermost first. Rejects with the system's error.
 *
 * Node's own recursive `mkdir` never returns where the system answers ENOENT for a folder whose parent exists (below /proc, for example).
 */
export async function makeFolder(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !existsSync(at); at = path.dirname(at)) missing.push(at);
  for (const at of missing.reverse()) {
    await mkdir(at).catch((error: unknown) => {
      // Another process may have made it in the meantime.
      if (!existsSync(at)) throw error;
    });
  }
  // An existing file in place of the folder: let the system say so.
  if (missing.length === 0) await (await opendir(folder)).close();
  return missing;
}

/**
 * Removes folders that `makeFolder` made, as far as they are empty.
 */
export async function removeEmpty(made: readonly string[]): Promise<void> {
  for (const at of [...made].reverse()) await rmdir(at).catch(() => {});
}
