/** The inference engines that `--serve` starts: their commands and how each is told what to serve. */

import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { at } from '../at.js';
import { UserError } from '../errors.js';

export type EngineName = 'vllm' | 'sglang' | 'llama.cpp';
export const ENGINES: readonly EngineName[] = ['vllm', 'sglang', 'llama.cpp'];

/** An engine that is installed on this machine. */
export interface Engine {
  readonly name: EngineName;
  readonly command: string;
  /** Words before all others. */
  readonly words: readonly string[];
  readonly install: string;
}

/** What an engine is to serve. */
export interface ToServe {
  /** Folder, hub name, or GGUF file. */
  readonly model: string;
  /** What requests call it. */
  readonly name: string;
  readonly port: number;
  /** `auto` leaves it to the engine. */
  readonly dtype: string;
  /** Tokens of context; null leaves it to the engine. */
  readonly maxLength: number | null;
  /** From `--serve-args`, after all others. */
  readonly extra: readonly string[];
}

const COMMANDS: Record<EngineName, { readonly command: string; readonly words: readonly string[]; readonly install: string }> = {
  vllm: { command: 'vllm', words: ['serve'], install: 'pip install vllm' },
  sglang: { command: 'python3', words: ['-m', 'sglang.launch_server'], install: "pip install 'sglang[all]'" },
  'llama.cpp': {
    command: 'llama-server',
    words: [],
    install:
      'brew install llama.cpp, or take a build from https://github.com/ggml-org/llama.cpp/releases (llama-server must be on the PATH)',
  },
};

/**
 * Finds an engine on the PATH. Throws `UserError` with the command that installs it.
 */
export function findEngine(name: EngineName, searchPath: string): Engine {
  const { command, words, install } = COMMANDS[name];
  for (const folder of searchPath.split(path.delimiter)) {
    const file = path.join(folder, command);
    if (folder !== '' && isProgram(file)) return { name, command: file, words, install };
  }
  throw new UserError(`--serve ${name}: no ${command} on the PATH; install it with: ${install}`);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** True for what llama.cpp serves: a file whose name ends in .gguf. */
export function isGguf(model: string): boolean {
  return /\.gguf$/i.test(model);
}

/** Arguments that are set here, so that the run finds its engine. */
const OWN_ARGUMENTS: Record<EngineName, readonly string[]> = {
  vllm: ['--host', '--port', '--uds', '--model', '--served-model-name', '--api-key'],
  sglang: ['--host', '--port', '--model', '--model-path', '--served-model-name', '--api-key'],
  'llama.cpp': ['--host', '--port', '-m', '--model', '-a', '--alias', '--api-key', '--api-key-file', '--api-prefix'],
};

/**
 * The command line of an engine. Throws `UserError` where the model is of a form that it does not serve, or an argument would hide the engine from the run.
 */
export function engineArguments({ name, words }: Engine, serve: ToServe): string[] {
  const own = serve.extra.find((word) => OWN_ARGUMENTS[name].includes(at(word.split('='), 0)));
  if (own !== undefined) throw new UserError(`--serve-args ${own}: eus-eval sets this itself; leave it out`);
  const where = ['--host', '127.0.0.1', '--port', String(serve.port)];
  const length = serve.maxLength === null ? [] : [String(serve.maxLength)];
  const dtype = serve.dtype === 'auto' ? [] : ['--dtype', serve.dtype];
  if (name === 'llama.cpp') {
    if (!isGguf(serve.model))
      throw new UserError(`--serve llama.cpp: ${serve.model} is no .gguf file; for folders and hub names there are vllm and sglang`);
    return [...words, '-m', serve.model, '--alias', serve.name, ...where, ...length.flatMap((n) => ['-c', n]), ...serve.extra];
  }
  if (isGguf(serve.model)) throw new UserError(`--serve ${name}: a GGUF file is served by llama.cpp`);
  if (name === 'vllm')
    return [
      ...words,
      serve.model,
      '--served-model-name',
      serve.name,
      ...where,
      ...dtype,
      ...length.flatMap((n) => ['--max-model-len', n]),
      ...serve.extra,
    ];
  const model = ['--model-path', serve.model, '--served-model-name', serve.name];
  return [...words, ...model, ...where, ...dtype, ...length.flatMap((n) => ['--context-length', n]), ...serve.extra];
}

/**
 * Splits a text as a shell does: by white space, with quotes around words that hold some. Throws `UserError` for a quote without an end.
 */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (const character of text) {
    if (quote !== null) {
      if (character === quote) quote = null;
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + character;
  }
  if (quote !== null) throw new UserError(`--serve-args: a ${quote} has no end in ${text}`);
  if (word !== null) words.push(word);
  return words;
}
