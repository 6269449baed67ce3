/** From a model reference to a backend. Each backend's code is loaded only when it is asked for. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.js';
import { withoutLogin } from '../http/redact.js';
import { folderModelName } from '../hub/folder-name.js';
import { progressLines } from '../hub/progress-lines.js';
import type { ResolvedAdapter } from '../hub/resolve-model.js';
import { untilStopped } from '../interrupt.js';
import { packagePath } from '../package-files.js';
import { type EngineName, isGguf } from '../serve/engines.js';
import { didYouMean } from '../suggest.js';
import type { Backend } from '../types.js';
import type { OwnServer } from './completions.js';
import { refuseForeignOptions } from './foreign-options.js';
import type { OnnxOptions, Survey } from './onnx/open.js';
import type { BackendName, OpenOptions } from './options.js';

export { type BackendName, DEFAULT_OPEN_OPTIONS, type ModelOptions, type OpenOptions } from './options.js';

/** The tiny model that ships with the package, used without `--model`. */
export const EMBEDDED_MODEL = 'fixtures/models/tiny-llama';

interface ModelReference {
  readonly backend: BackendName;
  readonly name: string;
}

/**
 * Splits `BACKEND:NAME`; without a backend it is a folder or hub name for the local one.
 *
 * Throws `UserError` when the word before the colon is no backend.
 */
export function parseReference(reference: string): ModelReference {
  const match = /^([a-z][a-z0-9_-]*):(.*)$/s.exec(reference);
  const word = match?.[1];
  if (word === undefined || existsSync(reference)) return { backend: 'onnx', name: reference };
  const names = Object.keys(OPENERS);
  if (!isBackend(word)) {
    throw new UserError(
      `model ${reference}: unknown backend '${word}'; valid: ${names.join(', ')}, or a folder or hub name alone.${didYouMean(word, names)}`,
    );
  }
  const name = match?.[2] ?? '';
  if (name === '') throw new UserError(`model ${reference}: a name must follow '${word}:'`);
  return { backend: word, name };
}

/**
 * Returns the backend that a reference names (null: the embedded tiny model), and the engine to start for it or null. Throws `UserError` when the reference is not usable, or an
 * option does not go with it, as far as that is known before anything is opened.
 */
export function checkReference(reference: string | null, options: OpenOptions): ModelReference & { readonly engine: EngineName | null } {
  const { backend, name } =
    reference === null ? { backend: 'onnx' as const, name: packagePath(EMBEDDED_MODEL) } : parseReference(reference);
  const engine = engineFor(backend, name, options);
  refuseForeignOptions(backend, engine !== null, options);
  if (backend === 'openai' || backend === 'anthropic') oneUrl(options);
  return { backend, name, engine };
}

/**
 * Opens the backend that a reference names; null opens the embedded tiny model.
 *
 * Throws `UserError` when the reference, its files or its options are not usable.
 */
export async function openBackend(reference: string | null, options: OpenOptions): Promise<Backend> {
  const { backend, name, engine } = checkReference(reference, options);
  if (engine !== null) return openServed(engine, name, options);
  return OPENERS[backend](name, options);
}

const OPENERS: Record<BackendName, (name: string, options: OpenOptions) => Promise<Backend>> = {
  onnx: openLocal,
  completions: async (name, options) =>
    openServer(name, options, options.tokenizer === null ? null : await loadTokenizerOf(options.tokenizer, options)),
  openai: async (name, options) => (await import('./openai.js')).openOpenAI({ ...options, name, baseUrl: oneUrl(options) }),
  anthropic: async (name, options) => (await import('./anthropic.js')).openAnthropic({ ...options, name, baseUrl: oneUrl(options) }),
  fake: async (name) => (await import('./fake.js')).openFake(name),
};

/** The engine to start: the one that is asked for, llama.cpp for a GGUF file, else none. */
function engineFor(backend: BackendName, name: string, options: OpenOptions): EngineName | null {
  const engine = options.serve ?? (backend === 'onnx' && isGguf(name) ? 'llama.cpp' : null);
  if (engine === null) return null;
  if (backend !== 'onnx')
    throw new UserError(`--serve ${engine} takes a folder, a hub name or a .gguf file as --model, not ${backend}:${name}`);
  return engine;
}

/** An engine on this machine, started for this run and ended with it. */
async function openServed(engine: EngineName, name: string, options: OpenOptions): Promise<Backend> {
  const { openServedModel } = await import('../serve/open.js');
  const file = path.resolve(name);
  const reference = existsSync(file) ? file : name;
  const tokenizer = options.tokenizer ?? (isGguf(name) ? null : name);
  if (tokenizer === null)
    throw new UserError(
      `${name}: give the tokenizer of the model that the GGUF file was made of, e.g. --tokenizer HiTZ/Latxa-Llama-3.1-8B-Instruct`,
    );
  // An engine takes minutes to load a large model: a mistake in the tokenizer's name is told before.
  const local = await loadTokenizerOf(tokenizer, options);
  return openServedModel(
    {
      engine,
      model: reference,
      name: publicName(name, name),
      dtype: options.dtype,
      maxLength: options.maxLength,
      extra: options.serveArgs,
    },
    (served, identity) => openServer(publicName(name, name), { ...options, baseUrls: [served.url] }, local, { served, identity }),
    options,
  );
}

function isBackend(word: string): word is BackendName {
  return Object.hasOwn(OPENERS, word);
}

/** A model folder or hub name, run here. */
async function openLocal(name: string, options: OpenOptions): Promise<Backend> {
  const { openOnnx } = await import('./onnx/open.js');
  return openOnnx(await localOptions(name, options, options.offline));
}

/**
 * Returns what is known of a local model before it is opened, or null where its files are not here, or the reference names a server or an API. Fetches nothing.
 * Throws `UserError` when the files or options are not usable.
 */
export async function surveyModel(reference: string | null, options: OpenOptions): Promise<Survey | null> {
  const { backend, name } = reference === null ? { backend: 'onnx', name: packagePath(EMBEDDED_MODEL) } : parseReference(reference);
  if (backend !== 'onnx' || options.serve !== null || isGguf(name)) return null;
  const here = existsSync(name);
  const found = localOptions(name, options, true);
  const known = here ? await found : await found.catch(() => null);
  if (known === null) return null;
  const { surveyOnnx } = await import('./onnx/open.js');
  return surveyOnnx(known);
}

async function localOptions(name: string, options: OpenOptions, offline: boolean): Promise<OnnxOptions> {
  const { resolveModel } = await import('../hub/resolve-model.js');
  const { loadChatTemplate } = await import('../models/chat-template.js');
  const found = resolveModel(name, { files: 'all', offline, onProgress: progressLines(options.onProgress) });
  const model = await untilStopped(found, options.signal);
  const template = await loadChatTemplate(model.folder, { now: options.templateDate });
  return {
    folder: model.weights,
    tokenizerFolder: model.folder,
    ...(model.adapter === null ? {} : { adapter: model.adapter.folder, facts: adapterFacts(model.adapter) }),
    modelName: publicName(name, model.name),
    dtype: dtypeOf(options.dtype),
    device: options.device,
    say: options.onProgress,
    renderChat: template?.render ?? null,
    chatTemplate: template?.source ?? null,
    ...(options.threads === null ? {} : { threads: options.threads }),
    ...(options.batchTokens === null ? {} : { batchTokens: options.batchTokens }),
    ...(options.cardMemoryGib === null ? {} : { cardMemory: options.cardMemoryGib * 1024 ** 3 }),
    ...(options.memoryGib === null ? {} : { memory: options.memoryGib * 1024 ** 3 }),
    ...(options.maxLength === null ? {} : { maxLength: options.maxLength }),
  };
}

/** What a result file says of an adapter: which model it was laid over. */
function adapterFacts({ base, baseRevision }: ResolvedAdapter): Record<string, unknown> {
  return {
    adapter: 'lora',
    base_model: base === null ? 'beside the adapter' : publicName(base, base),
    ...(baseRevision === null ? {} : { base_revision: baseRevision }),
  };
}

function dtypeOf(text: string): 'auto' | 'float32' | 'float16' | 'bfloat16' {
  if (text === 'auto' || text === 'float32' || text === 'float16' || text === 'bfloat16') return text;
  throw new UserError(`--dtype ${text}: valid: auto, float32, float16, bfloat16`);
}

/** A server with `/v1/completions`; with `--tokenizer` it is sent token ids and a chat template is at hand. */
async function openServer(name: string, options: OpenOptions, local: LocalTokenizer | null, own?: OwnServer): Promise<Backend> {
  const { openCompletions } = await import('./completions.js');
  return openCompletions({
    ...options,
    name,
    own,
    tokenizer: local?.tokenizer ?? null,
    tokenizerName: local?.name ?? null,
    addBos: local?.addBos ?? false,
    renderChat: local?.template?.render ?? null,
    chatTemplate: local?.template?.source ?? null,
  });
}

type LocalTokenizer = Awaited<ReturnType<typeof loadTokenizerOf>>;

async function loadTokenizerOf(reference: string, options: OpenOptions) {
  const { resolveModel } = await import('../hub/resolve-model.js');
  const { loadChatTemplate } = await import('../models/chat-template.js');
  const { loadTokenizer } = await import('../models/tokenizer.js');
  const { addsBos } = await import('../models/model-type.js');
  const onProgress = progressLines(options.onProgress);
  const { folder, weights } = await untilStopped(
    resolveModel(reference, { files: 'tokenizer', offline: options.offline, onProgress }),
    options.signal,
  );
  return {
    name: publicName(reference, reference),
    tokenizer: await loadTokenizer(folder),
    template: await loadChatTemplate(folder, { now: options.templateDate }),
    addBos: await addsBos(weights),
  };
}

function oneUrl(options: OpenOptions): string | null {
  if (options.baseUrls.length > 1)
    throw new UserError(
      `--base-url: several addresses only go with completions:NAME, not ${options.baseUrls.map(withoutLogin).join(', ')}`,
    );
  return options.baseUrls[0] ?? null;
}

/** A folder is called by its own name, as far as that says something: where it lies on this machine is nobody's business. */
function publicName(reference: string, hubName: string): string {
  return existsSync(reference) ? folderModelName(reference) : hubName;
}
