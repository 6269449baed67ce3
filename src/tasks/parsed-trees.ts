/**
 * The task files of the package as they were parsed when it was built: reading YAML would be most of the work of a start. A file is known by the digest of
 * its text, so a changed one is parsed, and one that says the same gives the same. Run from the sources, everything is parsed.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Config } from './config.js';

/** Fields of task files by the sha256 of the file's text. */
export type ParsedTrees = ReadonlyMap<string, Config>;

const Stored = z.record(z.string(), z.record(z.string(), z.unknown()));

/** Written by `scripts/build.js` beside the compiled module. */
const FILE = new URL('./parsed-trees.json', import.meta.url);

let stored: Promise<ParsedTrees> | null = null;

/** Returns what the build stored, read once; empty where there is none, since all of it can be parsed again. */
export function parsedTrees(): Promise<ParsedTrees> {
  stored ??= readTrees(FILE);
  return stored;
}

/** Returns the trees in a file; empty for one that is missing or broken. */
export async function readTrees(file: URL): Promise<ParsedTrees> {
  try {
    return new Map(Object.entries(Stored.parse(JSON.parse(await readFile(file, 'utf8')))));
  } catch {
    return new Map();
  }
}

/** Returns the fields of a task file's text: a copy of the stored ones, else parsed. Throws as `parseYaml` does. */
export async function treeOf(trees: ParsedTrees, file: string, text: string): Promise<Config> {
  const known = trees.get(digest(text));
  if (known !== undefined) return structuredClone(known);
  // Loaded only where it is needed: the parser is large.
  const { parseYaml } = await import('./parse-yaml.js');
  return parseYaml(file, text);
}

/** Returns what to store for the texts of some files, by path. Left out is what JSON cannot hold (names of functions, floats as Python prints them). */
export async function treesToStore(texts: ReadonlyMap<string, string>): Promise<Readonly<Record<string, Config>>> {
  const trees: Record<string, Config> = {};
  for (const [file, text] of texts) {
    const config = await treeOf(new Map(), file, text);
    if (isDeepStrictEqual(JSON.parse(JSON.stringify(config)), config)) trees[digest(text)] = config;
  }
  return trees;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
