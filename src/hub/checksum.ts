import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Returns what the hub's headers promise: the plain ETag without `W/` and quotes, or null when it could not be a file name.
 */
export function plainEtag(header: string | null): string | null {
  const etag = (header ?? '').replace(/^W\//, '').replace(/^"|"$/g, '');
  return /^[A-Za-z0-9][A-Za-z0-9_=+.-]{0,199}$/.test(etag) && !etag.includes('..') ? etag : null;
}

/**
 * Returns true when a file is what its ETag says: 64 hex digits are the sha256 of a large file, 40 the git blob hash of a small one
 * (some mirrors: the plain sha1). Other ETags say nothing about the content; the size alone is checked then, by the download.
 */
export async function matchesEtag(path: string, etag: string): Promise<boolean> {
  if (/^[0-9a-f]{64}$/.test(etag)) return (await sha256Of(path)) === etag;
  if (/^[0-9a-f]{40}$/.test(etag)) {
    const { size } = await stat(path);
    return (await digest(path, [createHash('sha1').update(`blob ${size}\0`), createHash('sha1')])).includes(etag);
  }
  return true;
}

/** Returns the sha256 of a file, in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  return (await digest(path, [createHash('sha256')])).join();
}

/** The digests of a file, in hexadecimal. */
async function digest(path: string, hashes: readonly ReturnType<typeof createHash>[]): Promise<string[]> {
  for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) for (const hash of hashes) hash.update(chunk);
  return hashes.map((hash) => hash.digest('hex'));
}
