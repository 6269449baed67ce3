import { parse } from 'yaml';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { matchesGlob } from './glob.js';
import { checkPathPart, isInnerPath, quote } from './names.js';
import { type Repo, repoLabel, repoPage } from './repo.js';

/** A file of a split: its path in the repository and, where that is not the usual address, where it is served. */
export interface ListedFile {
  readonly path: string;
  readonly url?: string;
}

/** Configuration -> split -> files in order. */
export type Listing = ReadonlyMap<string, ReadonlyMap<string, readonly ListedFile[]>>;

/** The revision into which the hub converts every data set to parquet. */
export const CONVERSION = 'refs/convert/parquet';
const MAX_FILES = 100_000;

const parquetAnswer = z.record(z.string(), z.record(z.string(), z.array(z.string())));

/**
 * Returns the listing in the hub's answer to `/api/datasets/NAME/parquet`. Addresses are moved to the configured endpoint, whatever host they name,
 * so that mirrors work and no other host is asked. Throws `UserError` for an answer of another shape, for names that are no path parts and for
 * the conversion of only the first part of a large data set.
 */
export function parseParquetListing(repo: Repo, answer: unknown): Listing {
  const parsed = parquetAnswer.safeParse(answer);
  if (!parsed.success) throw new UserError(`${repoLabel(repo)}: ${repo.hub.endpoint} gave a parquet listing of an unknown shape`);
  const listing = new Map<string, Map<string, ListedFile[]>>();
  for (const [config, splits] of Object.entries(parsed.data)) {
    for (const [split, urls] of Object.entries(splits)) {
      urls.forEach((url, index) => {
        add(listing, repo, config, split, listedFile(repo, config, split, url, index));
      });
    }
  }
  return listing;
}

function listedFile(repo: Repo, config: string, split: string, url: string, index: number): ListedFile {
  if (!URL.canParse(url)) throw new UserError(`${repoLabel(repo)}: the parquet listing holds ${quote(url)}, which is no web address`);
  const { href, pathname } = new URL(url);
  const rebased = href.startsWith(`${repo.hub.endpoint}/`) ? href : `${repo.hub.endpoint}${pathname}`;
  const inner = /\/resolve\/[^/]+\/(.+)$/.exec(pathname)?.[1];
  const path = inner === undefined ? `${config}/${split}/${String(index).padStart(4, '0')}.parquet` : decode(repo, inner);
  return { path, url: rebased };
}

function decode(repo: Repo, text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UserError(`${repoLabel(repo)}: the listing holds the path ${quote(text)}, which is not valid`);
  }
}

function add(listing: Map<string, Map<string, ListedFile[]>>, repo: Repo, config: string, split: string, file: ListedFile): void {
  checkPathPart(config, `${repoLabel(repo)}: configuration`);
  checkPathPart(split, `${repoLabel(repo)}: split`);
  if (!isInnerPath(file.path))
    throw new UserError(`${repoLabel(repo)} lists a file ${quote(file.path)} that leads out of its folder; refused`);
  if (/(^|\/)partial-/.test(file.path)) {
    throw new UserError(
      `${repoLabel(repo)}: the hub converted only the first part of it to parquet; download it and give it with --data DIR`,
    );
  }
  const splits = listing.get(config) ?? new Map<string, ListedFile[]>();
  const files = splits.get(split) ?? [];
  if (files.length >= MAX_FILES) throw new UserError(`${repoLabel(repo)} lists more than ${MAX_FILES} files for one split`);
  listing.set(config, splits.set(split, files));
  files.push(file);
}

/**
 * Returns the listing that the paths of the conversion's revision mean: `CONFIGURATION/SPLIT/0000.parquet`.
 */
export function listConversion(repo: Repo, paths: readonly string[]): Listing {
  const listing = new Map<string, Map<string, ListedFile[]>>();
  for (const path of [...paths].sort()) {
    const match = /^([^/]+)\/([^/]+)\/[^/]+\.parquet$/.exec(path);
    if (match?.[1] === undefined || match[2] === undefined) continue;
    add(listing, repo, match[1], match[2], { path });
  }
  return listing;
}

const text = z.union([z.string(), z.number()]).transform(String);
const patterns = z.union([text.transform((one) => [one]), z.array(text)]);
const card = z.object({
  configs: z
    .array(
      z.object({
        config_name: text.default('default'),
        data_dir: text.default(''),
        data_files: z.union([z.array(z.object({ split: text, path: patterns })), patterns]).optional(),
      }),
    )
    .optional(),
});

/** Names of splits in file names, as Python's `datasets` understands them where a card says nothing. */
const SPLIT_WORDS: Readonly<Record<string, string>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
  eval: 'test',
  evaluation: 'test',
};
const READABLE = /\.(parquet|jsonl|csv|tsv)$/;

/**
 * Returns the listing of a repository whose own files are read, where the hub has no conversion (private data sets): by the `configs` of its
 * card (README.md), else by the names `train.jsonl`, `data/test-00000-of-00001.parquet` and the like, as configuration `default`.
 * Only .parquet, .jsonl, .csv and .tsv count; a script is never run.
 */
export function listRepository(repo: Repo, paths: readonly string[], readme: string | null): Listing {
  const readable = paths.filter((path) => READABLE.test(path)).sort();
  const listing = new Map<string, Map<string, ListedFile[]>>();
  const configs = readme === null ? undefined : configsOf(repo, readme);
  for (const config of configs ?? []) {
    const prefix = config.data_dir === '' ? '' : `${config.data_dir.replace(/^\.?\/|\/$/g, '')}/`;
    const data = config.data_files ?? `**`;
    const splits =
      typeof data === 'string' ? [] : data.every((one) => typeof one === 'object') ? data : [{ split: 'train', path: data.map(String) }];
    if (splits.length === 0)
      addByName(
        listing,
        repo,
        config.config_name,
        readable.filter((path) => path.startsWith(prefix)),
        prefix,
      );
    for (const { split, path: globs } of splits) {
      for (const glob of globs) {
        for (const path of readable) if (matchesGlob(prefix + glob, path)) add(listing, repo, config.config_name, split, { path });
      }
    }
  }
  if (configs === undefined) addByName(listing, repo, 'default', readable, '');
  return listing;
}

function addByName(
  listing: Map<string, Map<string, ListedFile[]>>,
  repo: Repo,
  config: string,
  paths: readonly string[],
  prefix: string,
): void {
  for (const path of paths) {
    const name = path.slice(prefix.length).replace(/^data\//, '');
    const word = /^([a-z]+)(?:-\d{5}-of-\d{5})?\.[a-z]+$/.exec(name)?.[1] ?? '';
    const split = Object.hasOwn(SPLIT_WORDS, word) ? SPLIT_WORDS[word] : undefined;
    if (split !== undefined) add(listing, repo, config, split, { path });
  }
}

function configsOf(repo: Repo, readme: string): z.infer<typeof card>['configs'] {
  const front = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---/.exec(readme)?.[1];
  if (front === undefined) return undefined;
  let value: unknown;
  try {
    value = parse(front, { maxAliasCount: 100, logLevel: 'error' });
  } catch {
    throw new UserError(`${repoLabel(repo)}: the card (${repoPage(repo)}/blob/main/README.md) has a broken YAML head`);
  }
  const parsed = card.safeParse(value);
  if (!parsed.success)
    throw new UserError(`${repoLabel(repo)}: the card (${repoPage(repo)}/blob/main/README.md) has 'configs' of an unknown shape`);
  return parsed.data.configs;
}
