import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Document, isMap, isNode, isPair, isScalar, parseDocument, type ScalarTag, visit } from 'yaml';
import { messageOf, systemCode, UserError } from '../errors.js';
import { refusePlaceholder } from '../placeholder-file.js';
import { PyFloat } from '../python/float.js';
import { refuseDeepYaml } from '../yaml-depth.js';
import { PYTHON_SCALARS } from './yaml-scalars.js';

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

/** Where a task file names Python code; refused once it is known that nothing overrides it. */
export class FunctionReference {
  constructor(readonly name: string) {}
}

export type Config = Readonly<Record<string, unknown>>;

const functionTag: ScalarTag = { tag: '!function', resolve: (text) => new FunctionReference(text) };

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
  return resolveIncludes(parseYaml(file, await readText(file)), file, { chain: [...chain, real], left });
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

/**
 * Returns the text with the further lines of quoted values indented by a blank more than their key. Python's reader takes such lines at the margin,
 * as some of the harness's own files have them; YAML forbids it. Blanks at the beginning of such a line mean nothing.
 */
function indentQuoted(text: string): string {
  let quote = '';
  let margin = '';
  return text
    .split('\n')
    .map((line) => {
      if (quote !== '') {
        if (closes(line, quote)) quote = '';
        return line.trim() === '' ? line : `${margin} ${line.trimStart()}`;
      }
      const opening = /^(\s*)(?:- +)*(?:[\w.-]+ *: +)(['"])(.*)$/.exec(line);
      if (opening !== null && !closes(opening[3] ?? '', opening[2] ?? '')) [margin, quote] = [opening[1] ?? '', opening[2] ?? ''];
      return line;
    })
    .join('\n');
}

/** Whether a quoted value ends in this rest of a line. */
function closes(rest: string, quote: string): boolean {
  return quote === "'" ? /^(?:[^']|'')*'(?!')/.test(rest) : /^(?:[^"\\]|\\.)*"/.test(rest);
}

function parse(text: string): Document.Parsed {
  return parseDocument(text, {
    version: '1.1',
    merge: true,
    uniqueKeys: false,
    prettyErrors: true,
    schema: 'failsafe',
    customTags: (tags) => [...tags, ...PYTHON_SCALARS, functionTag],
    logLevel: 'silent',
  });
}

/**
 * Returns the fields of a YAML text. Throws `UserError` with file and line when it is broken, not a mapping, or holds tags other than `!function`.
 */
export function parseYaml(file: string, text: string): Config {
  try {
    refuseDeepYaml(text);
  } catch (error) {
    throw error instanceof UserError ? new UserError(`${file}: not a valid task file: ${error.message}`) : error;
  }
  let document = parse(text);
  if (document.errors.length > 0) {
    const indented = parse(indentQuoted(text));
    if (indented.errors.length === 0) document = indented;
  }
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line;
    // Only the first line of the message: the rest quotes the file, which an include may have pointed anywhere.
    const what = problem.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? 'broken';
    throw new UserError(`${file}${line === undefined ? '' : `:${line}`}: not a valid task file: ${what}`);
  }
  if (!isMap(document.contents)) throw new UserError(`${file}: a task file is a mapping of fields such as task, dataset_path, doc_to_text`);
  visit(document, {
    Pair: (_, pair) => {
      if (isPair(pair) && isScalar(pair.key) && pair.key.value === '__proto__')
        throw new UserError(`${file}: no field can be called __proto__`);
      // Values of few-shot samples are printed into prompts, where Python tells the float 1.0 from the integer 1; settings are only counted with.
      if (isPair(pair) && isScalar(pair.key) && pair.key.value === 'samples') keepFloats(pair.value);
    },
  });
  try {
    return { ...toRecord(document.toJS({ maxAliasCount: 100 })) };
  } catch (error) {
    throw new UserError(`${file}: not a valid task file: ${messageOf(error)}`);
  }
}

/** Marks the integral floats below a node. */
function keepFloats(node: unknown): void {
  if (!isNode(node)) return;
  visit(node, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'number' && Number.isInteger(scalar.value) && /[.]/.test(scalar.source ?? ''))
        scalar.value = new PyFloat(scalar.value);
    },
  });
}

function toRecord(value: unknown): Config {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
