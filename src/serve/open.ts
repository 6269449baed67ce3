import { open as openFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.js';
import { fileSamples } from '../sample-digest.js';
import type { Backend } from '../types.js';
import { type EngineName, engineArguments, findEngine, isGguf, type ToServe } from './engines.js';
import { type LaunchOptions, launch, type Served } from './launch.js';

/** A model and the engine that is to serve it. */
export interface ServedModel extends Omit<ToServe, 'port'> {
  readonly engine: EngineName;
}

/**
 * Starts the engine for a model, opens a backend on it, and ends the engine when the backend is closed or cannot be opened.
 *
 * Throws `UserError` when the engine is not installed, does not start or does not take the model; `InterruptedError` when `signal` is aborted.
 */
export async function openServedModel(
  model: ServedModel,
  open: (served: Served, identity: string) => Promise<Backend>,
  { onProgress, signal }: Pick<LaunchOptions, 'onProgress' | 'signal'>,
): Promise<Backend> {
  const engine = findEngine(model.engine, process.env.PATH ?? '');
  // Said before anything is started.
  engineArguments(engine, { ...model, port: 0 });
  if (isGguf(model.model)) await checkGguf(model.model);
  const identity = await identityOf(model);
  const served = await launch({ engine, onProgress, signal, argumentsFor: (port) => engineArguments(engine, { ...model, port }) });
  try {
    const backend = await open(served, identity);
    return {
      ...backend,
      close: async () => {
        await backend.close();
        await served.close();
      },
    };
  } catch (error) {
    await served.close();
    throw error;
  }
}

/** Throws `UserError` where a GGUF file is missing or is none by its first bytes: an engine says only that it cannot load it. */
async function checkGguf(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found === null) throw new UserError(`--model ${file}: no such file`);
  if (!found.isFile()) throw new UserError(`--model ${file}: not a file; a GGUF model is one file`);
  const handle = await openFile(file);
  try {
    const first = Buffer.alloc(4);
    await handle.read(first, 0, 4, 0);
    if (first.toString('latin1') !== 'GGUF')
      throw new UserError(`--model ${file}: not a GGUF file${found.size === 0 ? ', it is empty' : ''}; download it again`);
  } finally {
    await handle.close();
  }
}

/** What a served model is, without its passing address: engine, arguments and the file or name. A file is known by its size and samples of it. */
async function identityOf({ engine, model, dtype, maxLength, extra }: ServedModel): Promise<string> {
  const found = await stat(model).catch(() => null);
  const file = found === null ? model : found.isDirectory() ? await folderSamples(model) : await fileSamples(model);
  return [engine, file, dtype, String(maxLength ?? ''), ...extra].join(' ').trim();
}

/** The weight files of a folder, in the order of their names. */
async function folderSamples(folder: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /\.(safetensors|bin|gguf)$/.test(name)).sort();
  return (await Promise.all(names.map(async (name) => `${name} ${await fileSamples(path.join(folder, name))}`))).join(' ');
}
