import { randomBytes } from 'node:crypto';
import { link, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '../errors.js';
import { diskError, isFile } from './cache.js';
import type { HubSettings } from './settings.js';

/** After this long without a new byte, a download of another machine counts as given up. */
const GIVEN_UP_MS = 120_000;
const POLL_MS = 500;
const HOST = hostname().replace(/[^A-Za-z0-9-]/g, '-');
const OWNER = `${HOST}-${process.pid}`;

/** The right to write an unfinished blob. */
interface Claim {
  /** `ETAG.HOST-PID.incomplete`; may hold what an earlier process left. */
  readonly partial: string;
  /** Gives the right back; with `done`, removes what other processes left of this blob. */
  release(done: boolean): Promise<void>;
}

/**
 * Waits for the right to write an unfinished blob, and returns it; null when another process has completed the blob meanwhile. One process at a time has it
 * (a lock file beside the blob; a lock whose owner is gone is broken). What a dead process left is taken over, to go on where it stopped.
 *
 * The lock only avoids doing the work twice: each process writes to a file of its own name, and the blob appears by a rename of a whole file.
 */
export async function claimPartial(settings: HubSettings, blob: string): Promise<Claim | null> {
  const lock = `${blob}.eus-eval.lock`;
  while (!(await isFile(blob))) {
    if (await acquire(settings, lock)) {
      const release = async (done: boolean): Promise<void> => {
        if (done) for (const left of await abandoned(settings, blob)) await unlink(left).catch(() => undefined);
        await unlink(lock).catch(() => undefined);
      };
      if (await isFile(blob)) {
        await release(true);
        return null;
      }
      return { partial: await takeOver(settings, blob), release };
    }
    const owner = await readFile(lock, 'utf8').catch(() => null);
    if (owner !== null && !(await isAlive(settings, blob, lock, owner))) await breakLock(lock, owner);
    else await settings.sleep(POLL_MS);
  }
  return null;
}

async function acquire(settings: HubSettings, lock: string): Promise<boolean> {
  try {
    const handle = await open(lock, 'wx');
    try {
      await handle.writeFile(OWNER);
    } catch (error) {
      // A full disk still takes the empty file: others would wait for an owner that never was.
      await unlink(lock).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw diskError(lock, error, settings.variables?.cache);
    // Readers in this process share a download, so a lock with this process's number is an earlier process's.
    return (await readFile(lock, 'utf8').catch(() => '')) === OWNER;
  }
}

/** Removes a lock whose owner is gone; only one of several that try succeeds. */
async function breakLock(lock: string, owner: string): Promise<void> {
  const aside = `${lock}.${randomBytes(4).toString('hex')}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  // Somebody else may have broken and taken it in between: then it goes back.
  if ((await readFile(aside, 'utf8').catch(() => owner)) !== owner) await link(aside, lock).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
}

async function isAlive(settings: HubSettings, blob: string, lock: string, owner: string): Promise<boolean> {
  const match = /^(.+)-(\d+)$/.exec(owner);
  if (match?.[1] === HOST) return processExists(Number(match[2]));
  // Another machine on the same disk: it is alive while its file grows.
  const files = [lock, ...(await partialsOf(blob))];
  const times = await Promise.all(files.map(async (file) => (await stat(file).catch(() => null))?.mtimeMs ?? 0));
  return settings.now() - Math.max(...times) < GIVEN_UP_MS;
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

async function partialsOf(blob: string): Promise<string[]> {
  const prefix = `${basename(blob)}.`;
  const names = await readdir(dirname(blob)).catch(() => []);
  return names.filter((name) => name.startsWith(prefix) && name.endsWith('.incomplete')).map((name) => join(dirname(blob), name));
}

/** Unfinished files of this blob that nobody writes any more, the own name excluded. */
async function abandoned(settings: HubSettings, blob: string): Promise<string[]> {
  const found: string[] = [];
  for (const path of await partialsOf(blob)) {
    const match = /\.([A-Za-z0-9-]+)-(\d+)\.incomplete$/.exec(path);
    if (match?.[1] === HOST) {
      if (Number(match[2]) !== process.pid && !processExists(Number(match[2]))) found.push(path);
    } else if (settings.now() - ((await stat(path).catch(() => null))?.mtimeMs ?? settings.now()) >= GIVEN_UP_MS) found.push(path);
  }
  return found;
}

/** The own unfinished file, which may begin with the longest that others have given up. */
async function takeOver(settings: HubSettings, blob: string): Promise<string> {
  const own = `${blob}.${OWNER}.incomplete`;
  if (await isFile(own)) return own;
  const sized: { path: string; size: number }[] = [];
  for (const path of await abandoned(settings, blob)) sized.push({ path, size: (await stat(path).catch(() => null))?.size ?? 0 });
  const [longest] = sized.sort((a, b) => b.size - a.size);
  if (longest !== undefined) await rename(longest.path, own).catch(() => undefined);
  return own;
}
