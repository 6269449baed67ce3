import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../errors.js';
import { refusePlaceholder } from '../placeholder-file.js';
import type { Config } from './config.js';
import { parsedTrees, treeOf } from './parsed-trees.js';

/** A task file is a page or two; anything larger is not one. */
const MAX_BYTES = 1024 * 1024;
/** Includes inside includes, and files that one task may include in all: files that include one another twice would double with each level. */
const MAX_INCLUDES = 20;
const MAX_INCLUDED = 100;

/** Files on the way to the one being read, and how many more may be included. */
interface Reading {
  readonly chain: readonly string[];
  readonly left: { files: number };
}

/**
 * Returns the fields of a task file, with those of its `include`d files below its own; the first include wins over later ones.
 * Read as YAML 1.1, as Python does (`no` is false). Throws `UserError` for files that cannot be read or parsed, unknown tags, circular includes.
 */
export async function readTaskFile(file: string, reading: Reading = { chain: [], left: { files: MAX_INCLUDED + 1 } }): Promise<Config> {
  const { chain, left } = reading;
  const real = path.resolve(file);
  if (chain.includes(real)) throw new UserError(`${file}: includes itself (${[...chain, real].map((x) => path.basename(x)).join(' -> ')})`);
  if (chain.length > MAX_INCLUDES) throw new UserError(`${file}: includes nested deeper than ${MAX_INCLUDES}`);
  if (--left.files < 0) throw new UserError(`${file}: more than ${MAX_INCLUDED} files are included`);
  const config = await treeOf(await parsedTrees(), file, await readText(file));
  return resolveIncludes(config, file, { chain: [...chain, real], left });
}

/**
 * Returns a configuration with its `include`s merged below it; paths are relative to the folder of `file`.
 */
export async function resolveIncludes(
  config: Config,
  file: string,
  reading: Reading = { chain: [path.resolve(file)], left: { files: MAX_INCLUDED } },
): Promise<Config> {
  if (!Object.hasOwn(config, 'include')) return config;
  const { include, ...own } = config;
  const names: readonly unknown[] = Array.isArray(include) ? include : [include];
  let merged: Config = {};
  for (const name of [...names].reverse()) {
    if (typeof name !== 'string' || name === '') throw new UserError(`${file}: include must be a file name or a list of them`);
    merged = { ...merged, ...(await readTaskFile(path.resolve(path.dirname(file), name), reading)) };
  }
  return { ...merged, ...own };
}

async function readText(file: string): Promise<string> {
  try {
    const info = await stat(file);
    const { size } = info;
    // A device or a pipe (an include may name one) has no size and perhaps no end.
    if (!info.isFile()) throw new UserError(`${file} is ${info.isDirectory() ? 'a folder' : 'not a file'}; give a .yaml file`);
    if (size > MAX_BYTES) throw new UserError(`${file}: ${size} bytes; a task file has at most ${MAX_BYTES}`);
    const text = await readFile(file, 'utf8');
    refusePlaceholder(text, file);
    return text;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const why = systemCode(error) === 'ENOENT' ? 'no such file' : messageOf(error);
    throw new UserError(`cannot read the task file ${file}: ${why}`);
  }
}
