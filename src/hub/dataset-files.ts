import { MissingDataError, UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import { noteSplit, readCard, type SplitFiles, splitInCache } from './dataset-cache.js';
import { CONVERSION, type ListedFile, type Listing, listConversion, listRepository, parseParquetListing } from './dataset-listing.js';
import { askHub, readJson, statusError } from './http.js';
import { ensureFile, fileInfo } from './hub-file.js';
import { checkPathPart, checkRepoName } from './names.js';
import type { Progress } from './progress.js';
import { type Repo, repoLabel } from './repo.js';
import type { HubSettings } from './settings.js';
import { listTree } from './tree.js';

/** What is known of a data set: which splits it has, and in which revision they lie. */
interface Known {
  readonly listing: Listing;
  readonly revision: string;
  commit: string | null;
}

/** Finds data sets; remembers listings, so that each is asked for once a run. */
export interface DatasetFinder {
  readonly settings: HubSettings;
  readonly known: Map<string, Promise<Known>>;
}

/**
 * Returns a finder that has asked for nothing yet.
 */
export function datasetFinder(settings: HubSettings, onProgress?: (progress: Progress) => void): DatasetFinder {
  return { settings: { ...settings, onProgress }, known: new Map() };
}

/**
 * Returns the files of one split of a data set of the hub, in the cache; downloads what is missing. A task that names no configuration asks for
 * `default`, which also means the only configuration of a data set that has one.
 *
 * The parquet conversion comes first, for all data sets alike: it is written by `datasets` itself, so it has the very types and the field order
 * that Python's tools give, and it needs no rules for finding files. Only where there is none (private data sets), the repository's own files are read.
 *
 * Throws `UserError` when something is missing, gated, private, broken, or not in the cache while offline.
 */
export async function ensureSplit(finder: DatasetFinder, name: string, config: string, split: string): Promise<SplitFiles> {
  checkRepoName(name, 'data set');
  checkPathPart(config, 'configuration');
  checkPathPart(split, 'split');
  const repo: Repo = { hub: finder.settings, kind: 'dataset', name };
  if (repo.hub.offline) return splitInCache(repo, config, split);
  const known = finder.known.get(name) ?? findOnHub(repo);
  finder.known.set(name, known);
  const found = await known;
  const files = pickFiles(repo, found.listing, config, split);
  const commit = found.commit ?? (await commitOf(repo, found.revision, files));
  found.commit = commit;
  // Before the first byte, so that an interrupted download is never taken for the whole split.
  await noteSplit(
    repo,
    commit,
    config,
    split,
    files.map((file) => file.path),
  );
  const paths: string[] = [];
  for (const file of files) {
    const cached = await ensureFile({ repo, revision: found.revision, ...file }, commit);
    if (cached === null) throw new UserError(`${repoLabel(repo)} lists ${file.path}, but has no such file`);
    if (cached.commit !== commit) throw new UserError(`${repoLabel(repo)} changed on the hub while it was read; run again`);
    paths.push(cached.local);
  }
  return { paths, commit, revision: found.revision };
}

function pickFiles(repo: Repo, listing: Listing, config: string, split: string): readonly ListedFile[] {
  const [only] = listing;
  const [actual, splits] =
    !listing.has(config) && config === 'default' && listing.size === 1 && only !== undefined ? only : [config, listing.get(config)];
  if (splits === undefined) {
    const names = [...listing.keys()];
    throw new MissingDataError(
      `${repoLabel(repo)} has no configuration '${config}'; it has ${names.slice(0, 50).join(', ') || 'none'}.${didYouMean(config, names)}`,
    );
  }
  const files = splits.get(split) ?? [];
  if (files.length === 0) {
    const names = [...splits.keys()];
    throw new MissingDataError(
      `${repoLabel(repo)}, configuration '${actual}', has no split '${split}'; it has ${names.join(', ')}.${didYouMean(split, names)}`,
    );
  }
  return files;
}

/** The commit that a revision means now, from the headers of a file in it. */
async function commitOf(repo: Repo, revision: string, files: readonly ListedFile[]): Promise<string> {
  const [first] = files;
  if (first === undefined) throw new UserError(`${repoLabel(repo)} lists no files`);
  const info = await fileInfo({ repo, revision, ...first });
  if (typeof info === 'string') throw new UserError(`${repoLabel(repo)} lists ${first.path}, but has no such file`);
  // An address of the listing may lead to the conversion of only the first part.
  if (/\/partial-[^/]+\/[^/]+$/.test(new URL(info.url).pathname)) {
    throw new UserError(
      `${repoLabel(repo)}: the hub converted only the first part of it to parquet; download it and give it with --data DIR`,
    );
  }
  return info.commit;
}

async function findOnHub(repo: Repo): Promise<Known> {
  const what = `${repoLabel(repo)}: parquet listing`;
  const { response } = await askHub(repo.hub, { url: `${repo.hub.endpoint}/api/datasets/${repo.name}/parquet`, method: 'GET', what });
  if (response.ok) {
    const listing = parseParquetListing(repo, await readJson(what, response));
    if (listing.size > 0) return { listing, revision: CONVERSION, commit: null };
  } else {
    await response.body?.cancel();
    if ([401, 403, 429].includes(response.status) || response.status >= 500) throw statusError(repo, what, response);
  }
  const converted = listConversion(repo, (await listTree(repo, CONVERSION)) ?? []);
  if (converted.size > 0) return { listing: converted, revision: CONVERSION, commit: null };
  const paths = await listTree(repo, 'main');
  if (paths === null) throw new MissingDataError(`${repoLabel(repo)} was not found at ${repo.hub.endpoint}; check the name`);
  const card = paths.includes('README.md') ? await ensureFile({ repo, revision: 'main', path: 'README.md' }, null) : null;
  const listing = listRepository(repo, paths, card === null ? null : await readCard(card.local));
  if (listing.size === 0) throw nothingReadable(repo, paths);
  return { listing, revision: 'main', commit: card?.commit ?? null };
}

function nothingReadable(repo: Repo, paths: readonly string[]): UserError {
  const script = paths.some((path) => path.endsWith('.py')) ? ', and its script is not run' : '';
  return new MissingDataError(
    `${repoLabel(repo)}: the hub has no parquet conversion of it, and it has no .parquet, .jsonl, .csv or .tsv files of known splits${script}; convert it and give it with --data DIR`,
  );
}
