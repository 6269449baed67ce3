import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MissingDataError, messageOf, UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import { cachedCommit, cachedSnapshots, snapshotFiles, snapshotPath, writeAtomically } from './cache.js';
import { CONVERSION, type Listing, listConversion, listRepository } from './dataset-listing.js';
import { isInnerPath } from './names.js';
import { fetchHint, type Repo, repoFolder, repoLabel } from './repo.js';

/** The files of a split in the cache, in order. */
export interface SplitFiles {
  readonly paths: readonly string[];
  readonly commit: string;
  /** The hub's parquet conversion, or the repository's own files. */
  readonly revision: string;
}

const note = z.array(z.string());

function notePath(repo: Repo, commit: string, config: string, split: string): string {
  return join(repoFolder(repo), '.eus-eval', commit, config, `${split}.json`);
}

/**
 * Notes which files a split consists of, under the configuration that was asked for: a cache alone tells neither whether `0000.parquet` is all there is
 * nor whether the only configuration in it is the only one there is.
 */
export async function noteSplit(repo: Repo, commit: string, config: string, split: string, paths: readonly string[]): Promise<void> {
  await writeAtomically(notePath(repo, commit, config, split), `${JSON.stringify(paths)}\n`);
}

async function readNote(repo: Repo, commit: string, config: string, split: string): Promise<readonly string[] | null> {
  const path = notePath(repo, commit, config, split);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) return null;
  try {
    const paths = note.parse(JSON.parse(text));
    if (paths.length > 0 && paths.every(isInnerPath)) return paths;
  } catch {
    // Falls through to the error.
  }
  throw new UserError(`${path} is broken; remove it and ${fetchHint(repo)}`);
}

/**
 * Returns the files of a split without any network access: from the parquet conversion, else from the repository's own files, also in a cache that
 * Python's tools filled. Throws `UserError` naming the command that fetches when the split is not there, or not whole.
 */
export async function splitInCache(repo: Repo, config: string, split: string): Promise<SplitFiles> {
  const snapshots: Snapshot[] = [];
  const add = async (commit: string, revision: string): Promise<void> =>
    void snapshots.push({ commit, revision, paths: await snapshotFiles(repo, commit) });
  const converted = await cachedCommit(repo, CONVERSION);
  if (converted !== null) await add(converted, CONVERSION);
  // Python's `datasets` asks for commits, not for branches, so its cache may have a snapshot without a ref.
  const others = (await cachedSnapshots(repo)).filter((commit) => commit !== converted);
  const [other = null, ...more] = others;
  const main = (await cachedCommit(repo, 'main')) ?? (more.length === 0 ? other : null);
  if (main !== null) await add(main, 'main');

  for (const snapshot of snapshots) {
    const noted = await readNote(repo, snapshot.commit, config, split);
    if (noted !== null) return whole(repo, config, split, snapshot, noted);
  }
  const listed: string[] = [];
  for (const snapshot of snapshots) {
    const listing = await listingOf(repo, snapshot);
    const files = listing.get(config)?.get(split);
    if (files !== undefined) {
      const wanted = files.map((file) => file.path);
      return whole(repo, config, split, snapshot, wanted);
    }
    for (const [name, splits] of listing) for (const one of splits.keys()) listed.push(`${name}/${one}`);
  }
  const there = listed.length === 0 ? '' : ` (it holds ${listed.slice(0, 50).join(', ')})`;
  const asked = `${config}/${split}`;
  throw new MissingDataError(
    `${repoLabel(repo)}, ${asked}, is not in the cache ${repo.hub.cacheDir}${there} and this is offline; ${fetchHint(repo)}.${didYouMean(asked, listed)}`,
  );
}

async function listingOf(repo: Repo, { commit, revision, paths }: Snapshot): Promise<Listing> {
  if (revision === CONVERSION) return listConversion(repo, paths);
  const card = paths.includes('README.md') ? await readCard(snapshotPath(repo, commit, 'README.md')) : null;
  return listRepository(repo, paths, card);
}

/** The beginning of a data set card. Throws `UserError` when it cannot be read. */
export async function readCard(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).slice(0, 1_000_000);
  } catch (error) {
    throw new UserError(`cannot read ${path}: ${messageOf(error)}`);
  }
}

/** A commit in the cache, the revision that it is, and the paths in it that are there. */
interface Snapshot {
  readonly commit: string;
  readonly revision: string;
  readonly paths: readonly string[];
}

function whole(repo: Repo, config: string, split: string, { commit, revision, paths }: Snapshot, wanted: readonly string[]): SplitFiles {
  const present = new Set(paths);
  const missing = wanted.find((path) => !present.has(path)) ?? gapIn(wanted);
  if (missing !== undefined) {
    throw new MissingDataError(
      `${repoLabel(repo)}, ${config}/${split}, is only partly in the cache ${repo.hub.cacheDir} (${missing} is missing) and this is offline; ${fetchHint(repo)}`,
    );
  }
  return { paths: wanted.map((path) => snapshotPath(repo, commit, path)), commit, revision };
}

/** A shard that the numbers in the names show to be missing, in a cache that another tool filled. */
function gapIn(paths: readonly string[]): string | undefined {
  const names = new Set(paths);
  for (const path of paths) {
    const shards = /^(.*-)\d{5}(-of-(\d{5})\.[a-z]+)$/.exec(path);
    const count = shards === null ? 0 : Math.min(Number(shards[3]), paths.length + 1);
    for (let i = 0; i < count; i++) {
      const name = `${shards?.[1]}${String(i).padStart(5, '0')}${shards?.[2]}`;
      if (!names.has(name)) return name;
    }
    const number = /^(.*\/)(\d{4})\.parquet$/.exec(path);
    const before =
      number === null || Number(number[2]) === 0 ? null : `${number[1]}${String(Number(number[2]) - 1).padStart(4, '0')}.parquet`;
    if (before !== null && !names.has(before)) return before;
  }
  return undefined;
}
