import { readdir, rename, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../errors.js';
import { isFile } from './cache.js';
import type { HubSettings } from './settings.js';

/** After this long without a new byte, a download of another machine counts as given up. */
const GIVEN_UP_MS = 120_000;
const POLL_MS = 500;
const HOST = hostname().replace(/[^A-Za-z0-9-]/g, '-');

/** Name of this process's unfinished download of a blob: `ETAG.HOST-PID.incomplete`. */
function ownName(blob: string): string {
  return `${blob}.${HOST}-${process.pid}.incomplete`;
}

/**
 * Returns the path where this process may write an unfinished blob, or null when the blob has become complete in the meantime.
 * What a dead process left is taken over (a rename, so only one can), to go on where it stopped; while a living one downloads the same
 * blob, this waits for it.
 */
export async function claimPartial(settings: HubSettings, blob: string): Promise<string | null> {
  const own = ownName(blob);
  for (;;) {
    if (await isFile(blob)) return null;
    if (await isFile(own)) return own;
    let waiting = false;
    for (const other of await partialsOf(blob)) {
      if (await isAlive(other, settings)) waiting = true;
      else if (await takeOver(other, own)) return own;
    }
    if (!waiting) return own;
    await settings.sleep(POLL_MS);
  }
}

async function partialsOf(blob: string): Promise<string[]> {
  const prefix = `${basename(blob)}.`;
  const names = await readdir(dirname(blob)).catch(() => []);
  return names.filter((name) => name.startsWith(prefix) && name.endsWith('.incomplete')).map((name) => join(dirname(blob), name));
}

async function isAlive(path: string, settings: HubSettings): Promise<boolean> {
  const match = /\.([A-Za-z0-9-]+)-(\d+)\.incomplete$/.exec(path);
  if (match?.[1] === HOST) return processExists(Number(match[2]));
  // Another machine on the same disk, or another program: it is alive while the file grows.
  const info = await stat(path).catch(() => null);
  return info !== null && settings.now() - info.mtimeMs < GIVEN_UP_MS;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

async function takeOver(other: string, own: string): Promise<boolean> {
  try {
    await rename(other, own);
    return true;
  } catch {
    return false;
  }
}
