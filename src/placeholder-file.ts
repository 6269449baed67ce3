/**
 * Files that stand in for another: what `git clone` leaves without Git LFS, what a browser or curl saves instead of a file, what an interrupted download leaves.
 * They are recognised by how they begin, named, and refused with the command that brings the file itself.
 */
import { open } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, UserError } from './errors.js';

/** Bytes that are looked at. */
export const PLACEHOLDER_BYTES = 1024;

const LFS = /^version https:\/\/(?:git-lfs\.github\.com|hawser\.github\.com)\/spec\//;
const XET = /^# xet version \d/;

/**
 * Returns what a file that begins with `head` really is and how to get the file that was meant, or null where it may be what it is called.
 * `file` is only looked at for its name: a page may be an HTML file.
 */
function placeholderOf(head: string, file: string): string | null {
  const name = path.basename(file);
  if (LFS.test(head)) {
    const size = /^size (\d+)/m.exec(head)?.[1];
    return `is a Git LFS pointer, not the file itself${size === undefined ? '' : ` (${size} bytes)`}; run "git lfs pull" in its folder (git-lfs must be installed), or fetch ${name} again`;
  }
  if (XET.test(head))
    return `is a Xet pointer, not the file itself; run "git xet install" and "git lfs pull" in its folder, or fetch ${name} again`;
  const start = head
    .replace(/^\ufeff/, '')
    .trimStart()
    .slice(0, 200)
    .toLowerCase();
  if (/^(?:<!doctype html|<html|<head[\s>])/.test(start) && !/\.html?$/i.test(name))
    return `is an HTML page, not the file itself: the download gave a web page (a login, an error, or /blob/ instead of /resolve/ in a hub's address); fetch ${name} again`;
  if (/^<\?xml[^>]*\?>\s*<error>/.test(start)) return `is the error message of a file store, not the file itself; fetch ${name} again`;
  return null;
}

/**
 * Throws `UserError` when a text is a placeholder; see `placeholderOf`.
 */
export function refusePlaceholder(text: string, file: string): void {
  const what = placeholderOf(text.slice(0, PLACEHOLDER_BYTES), file);
  if (what !== null) throw new UserError(`${file}: ${what}`);
}

/**
 * Looks at the beginning of a file. Throws `UserError` when it is a placeholder, is empty, or cannot be read.
 */
export async function refusePlaceholderFile(file: string): Promise<void> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    throw new UserError(`${file}: cannot be read: ${messageOf(error)}`);
  });
  try {
    const head = Buffer.alloc(PLACEHOLDER_BYTES);
    const { bytesRead } = await handle.read(head, 0, PLACEHOLDER_BYTES, 0);
    refusePlaceholder(head.toString('utf8', 0, bytesRead), file);
  } finally {
    await handle.close();
  }
}
