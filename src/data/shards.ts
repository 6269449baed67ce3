import { UserError } from '../errors.js';
import { type DataFormat, formatOf } from './read-file.js';

const SHARD = /^(.+)-(\d{5})-of-(\d{5})$/;

/** A data file's name taken apart; `shard` is null for a split in one file. */
interface ParsedName {
  readonly name: string;
  readonly split: string;
  readonly format: DataFormat;
  readonly shard: { readonly index: number; readonly count: number } | null;
}

/** A file name of a split, in order. */
interface SplitFile {
  readonly name: string;
  readonly format: DataFormat;
}

function parseName(name: string): ParsedName | null {
  const format = formatOf(name);
  if (format === null) return null;
  const stem = name.slice(0, -format.length - 1);
  const match = SHARD.exec(stem);
  if (match?.[1] === undefined) return { name, split: stem, format, shard: null };
  return { name, split: match[1], format, shard: { index: Number(match[2]), count: Number(match[3]) } };
}

/**
 * Returns the splits that the files of a folder hold, sorted, each once.
 */
export function splitsOf(names: readonly string[]): string[] {
  const splits = names.flatMap((name) => parseName(name)?.split ?? []);
  return [...new Set(splits)].sort();
}

/**
 * Returns the files of one split, in order: `SPLIT.jsonl` (or .parquet, .csv, .tsv), or all of its shards
 * `SPLIT-00000-of-00002.parquet`; empty when there are none. `where` names the folder in messages.
 * Throws `UserError` when several files claim the split, or when a shard is missing.
 */
export function filesOfSplit(names: readonly string[], split: string, where: string): SplitFile[] {
  const found = names.flatMap((name) => parseName(name) ?? []).filter((file) => file.split === split);
  const [first] = found;
  if (first === undefined) return [];
  const count = first.shard?.count ?? 0;
  const alike = found.every((file) => file.format === first.format && (file.shard?.count ?? 0) === count);
  if (!alike || (count === 0 && found.length > 1)) {
    throw new UserError(`${where} holds split '${split}' more than once: ${found.map((file) => file.name).join(', ')}; keep one`);
  }
  const sorted = found.sort((a, b) => (a.shard?.index ?? 0) - (b.shard?.index ?? 0));
  if (count > 0) {
    const wrong = sorted.findIndex((file, i) => file.shard?.index !== i);
    const missing = wrong < 0 && sorted.length < count ? sorted.length : wrong;
    if (missing >= 0 || sorted.length !== count) {
      throw new UserError(
        `${where} holds ${sorted.length} of ${count} shards of split '${split}'; shard ${missing >= 0 ? missing : count} is missing or doubled`,
      );
    }
  }
  return sorted.map(({ name, format }) => ({ name, format }));
}
