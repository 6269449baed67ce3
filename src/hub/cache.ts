import { randomBytes } from 'node:crypto';
import { copyFile, readdir, readFile, rename, stat, statfs, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { messageOf, systemCode, UserError } from '../errors.js';
import { makeFolder as makeFolders } from '../folders.js';
import { type Repo, repoFolder } from './repo.js';

/**
 * The cache of Python's `huggingface_hub`, in its very layout, so that both use the same files:
 *
 *   datasets--ORG--NAME/refs/REVISION                     the commit that a branch or tag meant when last asked
 *   datasets--ORG--NAME/snapshots/COMMIT/PATH             a link to the blob
 *   datasets--ORG--NAME/blobs/ETAG                        the content
 *   datasets--ORG--NAME/.no_exist/COMMIT/PATH             the repository has no such file
 */
const COMMIT = /^[0-9a-f]{40}$/;

/** True for a full commit hash. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** Path of a file in the snapshot of a commit. */
export function snapshotPath(repo: Repo, commit: string, path: string): string {
  return join(repoFolder(repo), 'snapshots', commit, path);
}

/** Path of a blob. */
export function blobPath(repo: Repo, etag: string): string {
  return join(repoFolder(repo), 'blobs', etag);
}

/** True when a file exists; a link counts as what it leads to. */
export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

/**
 * Returns the commit that the cache knows for a revision, or null.
 */
export async function cachedCommit(repo: Repo, revision: string): Promise<string | null> {
  if (isCommit(revision)) return revision;
  const text = await readFile(join(repoFolder(repo), 'refs', revision), 'utf8').catch(() => '');
  return isCommit(text.trim()) ? text.trim() : null;
}

/**
 * Notes which commit a branch or tag means now.
 */
export async function noteCommit(repo: Repo, revision: string, commit: string): Promise<void> {
  if (revision === commit || (await cachedCommit(repo, revision)) === commit) return;
  await writeAtomically(join(repoFolder(repo), 'refs', revision), commit);
}

/** True when the cache knows that the repository has no such file at this commit. */
export function isKnownAbsent(repo: Repo, commit: string, path: string): Promise<boolean> {
  return isFile(join(repoFolder(repo), '.no_exist', commit, path));
}

/** Notes that the repository has no such file at this commit. */
export async function noteAbsent(repo: Repo, commit: string, path: string): Promise<void> {
  await writeAtomically(join(repoFolder(repo), '.no_exist', commit, path), '');
}

/**
 * Puts a blob into the snapshot of a commit, as a relative link (a copy where the file system has no links), and returns its path.
 */
export async function linkBlob(repo: Repo, commit: string, path: string, etag: string): Promise<string> {
  const target = snapshotPath(repo, commit, path);
  const blob = blobPath(repo, etag);
  if (await isFile(target)) return target;
  await makeFolder(dirname(target));
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    // File systems without links say so in many ways (EPERM, ENOTSUP, ENOSYS, EACCES, EINVAL): what else is wrong, the copy finds out.
    await symlink(relative(dirname(target), blob), temporary).catch(() => copyFile(blob, temporary));
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    // Another process may have put it there, where a name that exists is not replaced.
    if (!(await isFile(target))) throw diskError(target, error);
  }
  return target;
}

/** Writes a small file so that nobody ever sees half of it. */
export async function writeAtomically(path: string, content: string): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw diskError(path, error);
  }
}

/** Free bytes for this user on the disk of a folder; null where the system does not say. */
export async function freeBytes(folder: string): Promise<number | null> {
  const disk = await statfs(folder).catch(() => null);
  return disk === null ? null : disk.bavail * disk.bsize;
}

/** Makes a folder with all above it. `variable` names what moves the cache elsewhere. */
export async function makeFolder(path: string, variable = 'HF_HOME'): Promise<void> {
  try {
    await makeFolders(path);
  } catch (error) {
    throw diskError(path, error, variable);
  }
}

/** Relative paths of all files below a snapshot, with forward slashes, sorted; empty when there is none. */
export async function snapshotFiles(repo: Repo, commit: string): Promise<string[]> {
  const root = join(repoFolder(repo), 'snapshots', commit);
  const found: string[] = [];
  const walk = async (folder: string, prefix: string, depth: number): Promise<void> => {
    if (depth > 20) return;
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      if (entry.isDirectory()) await walk(join(folder, entry.name), `${prefix}${entry.name}/`, depth + 1);
      else if (await isFile(join(folder, entry.name))) found.push(prefix + entry.name);
    }
  };
  await walk(root, '', 0);
  return found.sort();
}

/** Commits of which the cache holds a snapshot. */
export async function cachedSnapshots(repo: Repo): Promise<string[]> {
  const names = await readdir(join(repoFolder(repo), 'snapshots')).catch(() => []);
  return names.filter(isCommit).sort();
}

/** The message for a fault of the disk; `variable` is what a user sets to have the cache elsewhere. */
export function diskError(path: string, error: unknown, variable = 'HF_HOME'): unknown {
  const code = systemCode(error);
  if (code === null) return error;
  if (code === 'ENOSPC') return new UserError(`no space left on the disk of ${path}; free some, or set ${variable} to another disk`);
  return new UserError(`cannot write ${path}: ${messageOf(error)}; set ${variable} to a folder that you may write`);
}
