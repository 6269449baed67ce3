import { open, rename, stat, truncate, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, systemCode, UserError } from '../errors.js';
import { diskError, freeBytes, isFile, makeFolder } from './cache.js';
import { matchesEtag } from './checksum.js';
import { askHub, type HubResponse } from './http.js';
import { claimPartial } from './partial.js';
import type { HubSettings } from './settings.js';

/** Bytes of a file whose size the server does not say. */
const MAX_UNKNOWN_BYTES = 100 * 1024 * 1024 * 1024;
/** Broken connections in a row, without a single new byte in between. */
const MAX_STALLS = 5;
const REPORT_MS = 200;

/** A file to bring to this machine. */
export interface Download {
  readonly url: string;
  /** What the content must match (`matchesEtag`). */
  readonly etag: string;
  /** Null where the server does not say. */
  readonly size: number | null;
  /** Where the file gets its name once it is whole. */
  readonly target: string;
  /** What messages call it. */
  readonly name: string;
  /** The error for an answer that is no success. */
  readonly refused: (response: HubResponse) => UserError;
}

/** Downloads under way in this process, so that two readers of one file share them. */
const underWay = new Map<string, Promise<void>>();

/**
 * Brings a file to its place, unless it is there. Goes on where an earlier try stopped, checks size and checksum, and only then gives the
 * file its name, so what has that name is always whole.
 *
 * Throws `UserError` for every way in which this can fail; what has arrived is kept for the next try unless it was wrong.
 */
export async function downloadFile(settings: HubSettings, file: Download): Promise<void> {
  const { target } = file;
  if (await isFile(target)) return;
  const running = underWay.get(target) ?? run(settings, file).finally(() => underWay.delete(target));
  underWay.set(target, running);
  await running;
}

async function run(settings: HubSettings, file: Download): Promise<void> {
  await makeFolder(dirname(file.target), settings.variables?.cache);
  const claim = await claimPartial(settings, file.target);
  if (claim === null) return;
  let done = false;
  try {
    await complete(settings, file, claim.partial);
    done = true;
  } finally {
    await claim.release(done);
  }
}

async function complete(settings: HubSettings, file: Download, partial: string): Promise<void> {
  await checkSpace(settings, file, partial);
  // A second try from the start: the remains of an earlier one may be what was wrong.
  for (const last of [false, true]) {
    await receive(settings, file, partial);
    if (await matchesEtag(partial, file.etag)) break;
    await unlink(partial);
    if (last) {
      throw new UserError(`${file.name}: the content does not match its checksum (${file.etag}), twice; the server or a proxy is at fault`);
    }
  }
  try {
    await rename(partial, file.target);
  } catch (error) {
    throw diskError(file.target, error, settings.variables?.cache);
  }
}

async function receive(settings: HubSettings, file: Download, partial: string): Promise<void> {
  let stalls = 0;
  let reported = 0;
  const report = (done: number, force: boolean): void => {
    const now = settings.now();
    // The last report comes when the file is complete.
    if (!force && (now - reported < REPORT_MS || done === file.size)) return;
    reported = now;
    settings.onProgress?.({ what: file.name, doneBytes: done, totalBytes: file.size });
  };
  for (;;) {
    let have = await sizeOf(partial);
    if (file.size !== null && have > file.size) {
      await truncate(partial, 0);
      have = 0;
    }
    if (have === file.size && (file.size > 0 || (await isFile(partial)))) break;
    const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {};
    const { response } = await askHub(settings, { url: file.url, method: 'GET', headers, what: file.name });
    const start = startOf(file, response, have);
    if (start === null) {
      await response.body?.cancel();
      await truncate(partial, 0);
      if (++stalls > MAX_STALLS) throw new UserError(`${file.name}: the server does not go on with a download; try again later`);
      continue;
    }
    const end = await append(settings, file, response, partial, start, (done) => report(done, false));
    if (end.complete && (file.size === null || end.bytes === file.size)) break;
    stalls = end.bytes > have ? 0 : stalls + 1;
    if (stalls > MAX_STALLS || (end.complete && file.size !== null)) {
      throw new UserError(
        `${file.name}: the connection broke at ${end.bytes} of ${file.size ?? 'unknown'} bytes (${end.reason}); run again to go on from there`,
      );
    }
    await settings.sleep(1000 * 2 ** stalls);
  }
  report(await sizeOf(partial), true);
}

/** Where the answer's bytes belong; null when the server cannot go on there. Throws for a failure. */
function startOf(file: Download, response: HubResponse, have: number): number | null {
  if (response.status === 206) {
    const match = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
    return Number(match?.[1] ?? -1) === have ? have : null;
  }
  if (response.status === 200) return 0;
  if (response.status === 416 && have > 0) return null;
  throw file.refused(response);
}

interface Appended {
  readonly bytes: number;
  /** The body ended by itself. */
  readonly complete: boolean;
  readonly reason: string;
}

async function append(
  settings: HubSettings,
  file: Download,
  response: HubResponse,
  partial: string,
  start: number,
  report: (done: number) => void,
): Promise<Appended> {
  const most = file.size ?? MAX_UNKNOWN_BYTES;
  let done = start;
  try {
    const handle = await open(partial, start === 0 ? 'w' : 'a');
    try {
      for await (const chunk of response.body ?? []) {
        if (done + chunk.length > most) throw new UserError(`${file.name}: more than the ${most} bytes that the server announced`);
        await handle.appendFile(chunk);
        done += chunk.length;
        report(done);
      }
    } finally {
      await handle.close();
    }
    return { bytes: done, complete: true, reason: 'the server sent fewer bytes than it announced' };
  } catch (error) {
    if (error instanceof UserError) {
      await unlink(partial).catch(() => undefined);
      throw error;
    }
    if (['ENOSPC', 'EACCES', 'EROFS', 'EDQUOT', 'EIO', 'ENOENT'].includes(systemCode(error) ?? ''))
      throw diskError(partial, error, settings.variables?.cache);
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { bytes: await sizeOf(partial), complete: false, reason: messageOf(cause) };
  }
}

async function checkSpace(settings: HubSettings, file: Download, partial: string): Promise<void> {
  if (file.size === null) return;
  const needed = file.size - (await sizeOf(partial));
  const free = await freeBytes(dirname(partial));
  if (free === null || free >= needed) return;
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  throw new UserError(
    `${file.name} needs ${megabytes(needed)}, but ${dirname(partial)} has ${megabytes(free)} left; free some, or set ${settings.variables?.cache ?? 'HF_HOME'} to another disk`,
  );
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}
