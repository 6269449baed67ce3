/** Opens a model folder as a local backend. */
import { availableParallelism } from 'node:os';
import { runtimeVersion } from '../../cuda/installed.js';
import { messageOf, UserError } from '../../errors.js';
import type { Forecast } from '../../forecast.js';
import { needsBos } from '../../models/model-type.js';
import { loadTokenizer } from '../../models/tokenizer.js';
import { packagePath } from '../../package-files.js';
import type { Backend, ChatRenderer } from '../../types.js';
import { VERSION } from '../../version.js';
import { NO_CARD } from '../../webgpu/adapters.js';
import { explainWebGpu, webGpuLine } from '../../webgpu/explain.js';
import { hasFloat16 } from '../../webgpu/float16.js';
import { newOnnxBackend } from './backend.js';
import { cardMemory } from './card-memory.js';
import { chooseDevice, type Device, openError } from './choose-device.js';
import { newCounters } from './counters.js';
import { type PackedLimits, packedEngine, stackEngine } from './engine.js';
import { newForecast } from './forecast.js';
import { activationBudget, generateBytes, keyCost, runBytes, type StackedLimits, stackedLimits } from './memory-plan.js';
import { LOGIT_BYTES, prepareHost, runTokens, slotBytes } from './prepare-host.js';
import { type PreparedModel, prepareModel, readGenerationConfig } from './prepare-model.js';
import { probeSession } from './probe.js';
import type { GraphSource, Provider } from './protocol.js';
import { longestText, ropeTable } from './rope.js';
import { NO_DRAW_DEFAULTS } from './sample.js';
import { openSession, type Session } from './session.js';
import { keepVerdict, readVerdict, type Verdict, verdictLine } from './verdicts.js';

export interface OnnxOptions {
  /** Holds config.json and the weights. */
  readonly folder: string;
  /** Holds the tokenizer's files, where that is another one. */
  readonly tokenizerFolder?: string;
  /** Holds an adapter that changes the weights. */
  readonly adapter?: string;
  readonly modelName: string;
  readonly dtype: 'auto' | 'float32' | 'float16' | 'bfloat16';
  /** `auto`, `cpu`, `cuda`, `cuda:N` or `webgpu`. */
  readonly device: string;
  /** Is told, once, why a card that can be seen is not used. */
  readonly say?: (line: string) => void;
  readonly threads?: number;
  /** Tokens per run; more is not faster on a CPU, less needs less memory. */
  readonly batchTokens?: number;
  /** Bytes of the card's memory that may be used, instead of what is free on it. */
  readonly cardMemory?: number;
  /** Bytes of the computer's own memory that may be used on a CPU, instead of what is free. */
  readonly memory?: number;
  /** Longest input in tokens, instead of what config.json says. */
  readonly maxLength?: number;
  readonly renderChat: ChatRenderer | null;
  readonly chatTemplate: string | null;
  /** What the result file says beside what the files say. */
  readonly facts?: Readonly<Record<string, unknown>>;
  /** How attention is computed; by default as the device wants it. */
  readonly attention?: GraphSource['attention'];
  /** Take the device as it is: this is its check. */
  readonly unchecked?: boolean;
  /** Largest binding of a card in bytes, for a test of what lies in parts. */
  readonly bindingBytes?: number;
}

/** Changes when the graph or the planning changes in a way that could change an answer. */
const GRAPH_VERSION: Readonly<Record<GraphSource['attention'], string>> = { cached: '2', packed: '2', stacked: '3' };
/** Documents generated at the same time. */
const GENERATE_DOCUMENTS = 16;

/** Rows per packed run at most: more gains nothing, and answers come in the meantime. */
const PACKED_ROWS = 16_384;
/** Rows are one dimension of a kernel's grid, which has no more. */
const MOST_ROWS = 65_535;
/** Documents generated together on a card, and tokens decoded for them in one run. */
const PACKED_DOCUMENTS = 64;
const PACKED_STRETCH = 128;
/** Bytes for the activations of packed runs on a CPU, which are made to check the graph. */
const PACKED_CPU_BYTES = 1024 ** 3;

/** How attention is computed on each kind of device. */
const ATTENTION_OF: Readonly<Record<Provider['name'], GraphSource['attention']>> = { cpu: 'cached', cuda: 'packed', webgpu: 'stacked' };
/** Bytes of a table that any card binds at once: what Vulkan drivers of real cards have in common. */
const BINDING_BYTES = 1024 ** 3;

function bindingBytes(provider: Provider): number {
  if (provider.name !== 'webgpu') return Number.POSITIVE_INFINITY;
  return provider.bindingBytes ?? BINDING_BYTES;
}

/** How many documents' states have room in the slots, each as a step is given it and as it gives it back. */
function statesInSlots({ source, parameters }: PreparedModel): number {
  const states = source.kind === 'graph' ? source.states : [];
  const numbers = states.reduce(
    (sum, { channels, kernel, state }) => sum + channels * (kernel - 1) + (state?.reduce((product, n) => product * n, 1) ?? 0),
    0,
  );
  return Math.floor(slotBytes(parameters) / Math.max(1, 2 * 4 * numbers));
}

/** Throws `UserError` for a type that the device does not compute in. On a CPU 16 bits are how weights lie in memory. */
function checkDtype(dtype: OnnxOptions['dtype'], device: Device): void {
  if (device.provider.name !== 'webgpu' || dtype !== 'bfloat16') return;
  throw new UserError(
    'dtype bfloat16 is not known to WebGPU; weights of bfloat16 are computed in float32 there (--dtype auto), or in float16 (--dtype float16)',
  );
}

function withBinding(device: Device, bindingBytes: number | undefined): Device {
  if (bindingBytes === undefined || device.provider.name !== 'webgpu') return device;
  return { ...device, provider: { ...device.provider, bindingBytes } };
}

/**
 * Returns a device that computes right: the one given when it has passed its check (now or before), with what the result file says about that. With `auto` a device that fails is
 * left for the CPU; else throws `UserError` with the kind of run that differs.
 */
async function believed(
  options: OnnxOptions,
  device: Device,
  say: (line: string) => void,
): Promise<{ device: Device; verdict: Verdict | null }> {
  const { provider } = device;
  if (provider.name === 'cpu' || options.unchecked === true) return { device, verdict: null };
  const attention = options.attention ?? ATTENTION_OF[provider.name];
  const subject = {
    device: provider.name === 'cuda' ? `cuda:${provider.deviceId}` : provider.name,
    card: String(device.facts.card ?? 'unknown'),
    driver: String(device.facts.driver ?? 'unknown'),
    runtime: runtimeVersion() ?? 'unknown',
    program: VERSION,
    attention,
  };
  const folder = packagePath('fixtures/models/tiny-llama');
  const plain = { folder, modelName: 'check', renderChat: null, chatTemplate: null, unchecked: true } as const;
  let verdict = readVerdict(subject);
  // What once failed may have been mended since: a driver's answer can depend on more than its version.
  if (verdict === null || !verdict.passed) {
    const { checkDevice } = await import('./self-check.js');
    if (subject.card !== NO_CARD) say(`the first use of ${subject.card} (${provider.name}): comparing it with the CPU`);
    verdict = await checkDevice(subject, (where) =>
      openOnnx(
        where === 'cpu'
          ? { ...plain, device: 'cpu', dtype: 'auto' }
          : { ...plain, device: options.device === 'auto' ? provider.name : options.device, dtype: 'float32', attention },
      ),
    );
    keepVerdict(verdict);
  }
  if (verdict.passed) return { device, verdict };
  const what = `${subject.card} (${provider.name}) computes wrong: ${verdictLine(verdict)}`;
  if (options.device !== 'auto')
    throw new UserError(`--device ${options.device}: ${what}; --device cpu does without it; another driver may mend it`);
  say(`${what}; the model runs on the CPU`);
  return { device: await chooseDevice('cpu', say), verdict: null };
}

/** Returns what finds out, when it is asked, whether a device has float16; the answer is kept with the verdict about the device. */
function float16Of({ provider }: Device, verdict: Verdict | null): () => Promise<boolean> {
  if (provider.name !== 'webgpu') return async () => true;
  return async () => {
    const has = verdict?.float16 ?? (await hasFloat16(probeSession));
    if (verdict !== null && verdict.float16 === undefined) keepVerdict({ ...verdict, float16: has });
    return has;
  };
}

/**
 * Opens a model. Everything about the files is checked before the session is made. Throws `UserError` with one line for a missing, truncated or
 * inconsistent file, an unknown architecture, and an impossible device or dtype.
 */
export async function openOnnx(options: OnnxOptions): Promise<Backend> {
  const start = performance.now();
  const say = options.say ?? (() => {});
  const chosen = await chooseDevice(options.device, say);
  checkDtype(options.dtype, chosen);
  const { device, verdict } = await believed(options, withBinding(chosen, options.bindingBytes), say);
  const { provider } = device;
  const attention = options.attention ?? ATTENTION_OF[provider.name];
  const float16 = float16Of(device, verdict);
  if (provider.name === 'webgpu' && options.dtype === 'float16' && !(await float16()))
    throw new UserError(`--device webgpu: ${webGpuLine(explainWebGpu('requires f16'))}`);
  // On a CPU every graph computes in float32.
  const host = attention === 'cached' ? await prepareHost(options, say) : null;
  const model =
    host?.model ??
    (await prepareModel(
      options.folder,
      attention,
      provider.name === 'cpu' ? 'float32' : options.dtype,
      options.adapter ?? null,
      bindingBytes(provider),
      async () => {
        const has = await float16();
        if (!has) say(`${device.facts.card} has no float16: weights of 16 bits lie there in 32, which takes twice the memory`);
        return has;
      },
    ));
  if (model.quantized !== null) say(`weights: ${model.quantized}`);
  const tokenizer = await loadTokenizer(options.tokenizerFolder ?? options.folder);
  const { eos, draws: drawDefaults, digest: generationDigest } = await readGenerationConfig(options.folder, model.eosTokenIds);
  const threads = options.threads ?? availableParallelism();
  const maxLength = options.maxLength ?? model.maxLength;

  let packed: PackedLimits | null = null;
  if (attention === 'packed' && model.size !== null) {
    const { size } = model;
    const bytes =
      provider.name === 'cuda'
        ? activationBudget(size, await cardMemory(provider.deviceId, options.cardMemory ?? null), options.folder)
        : PACKED_CPU_BYTES;
    packed = {
      score: {
        rows: Math.min(options.batchTokens ?? PACKED_ROWS, MOST_ROWS),
        bytes,
        bytesOf: (run) => runBytes(size, run),
        keyCost: keyCost(size),
      },
      generate: {
        documents: PACKED_DOCUMENTS,
        stretch: PACKED_STRETCH,
        bytes,
        bytesOf: (run, steps) => generateBytes(size, run, steps),
      },
    };
  }

  let stacked: StackedLimits | null = null;
  if (attention === 'stacked' && model.size !== null) {
    const given = options.cardMemory;
    // Throws where the weights leave no room; without a number nothing is known.
    const bytes = given === undefined ? null : activationBudget(model.size, { bytes: given, kind: 'given' }, options.folder, 'webgpu');
    stacked = stackedLimits(model.size, bindingBytes(provider), bytes);
  }

  let session: Session;
  try {
    session = await openSession({ source: model.source, threads, ...device });
  } catch (error) {
    throw openError(options.device, options.folder, device, messageOf(error));
  }
  const { cache } = session;
  const vocabSize = model.vocabSize ?? session.vocabSize ?? tokenizer.vocabSize;

  const longest = longestText(model.tables ?? []);
  let positions = 0;
  let long = false;
  const ensurePositions = (needed: number, text: number): void => {
    const isLong = longest !== null && text > longest;
    if (model.tables === null || (needed <= positions && isLong === long)) return;
    long = isLong;
    positions = Math.max(1024, positions, 2 ** Math.ceil(Math.log2(needed)));
    session.setTables({ tables: model.tables.map((kind) => ropeTable(kind.rope, kind.dims, positions, { ...kind, long })) });
  };

  const runtime = runtimeVersion() ?? 'unknown';
  const bytesPerToken = 2 * 4 * cache.reduce((sum, { kvHeads, headDim }) => sum + kvHeads * headDim, 0);
  const identity: Record<string, string> = {
    backend: 'onnx',
    graph: GRAPH_VERSION[attention],
    runtime,
    dtype: model.dtype,
    attention,
    device: provider.name,
    max_length: String(maxLength),
    ...model.digests,
    generation_config: generationDigest,
    tokenizer: tokenizer.digest,
  };

  const documents = Math.max(1, Math.min(stacked?.documents ?? GENERATE_DOCUMENTS, statesInSlots(model)));
  const { renderChat } = options;
  const addBos = needsBos(model.modelType);
  const context = { tokenizer, addBos, maxLength, vocabSize, longest, renderChat, drawDefaults };
  const counters = newCounters();
  counters.addSeconds('load', (performance.now() - start) / 1000);
  const computing = { session, counters, ensurePositions };
  const rules = { tokenizer, eos };
  const stackLimits = {
    runTokens: stacked === null ? runTokens(host?.storage ?? 'widened', options.batchTokens) : (options.batchTokens ?? stacked.runTokens),
    runRows: Math.max(16, Math.floor(LOGIT_BYTES / (4 * vocabSize))),
    documents,
    carriesStates: model.source.kind === 'graph' && model.source.states.length > 0,
    slotTokens: Math.max(
      1,
      Math.min(stacked?.slotTokens ?? Number.POSITIVE_INFINITY, Math.floor(slotBytes(model.parameters) / bytesPerToken)),
    ),
  };
  return newOnnxBackend({
    ...context,
    modelName: options.modelName,
    engine: packed === null ? stackEngine(computing, rules, stackLimits) : packedEngine(computing, rules, packed),
    counters,
    identity,
    facts: {
      ...model.facts,
      ...options.facts,
      ...(host?.storage === 'as stored' ? { weights_in_memory: `${model.stored}, as they are stored` } : {}),
      dtype: model.dtype,
      device: provider.name,
      ...device.facts,
      ...(verdict === null ? {} : { device_check: verdictLine(verdict) }),
      threads,
      max_length: maxLength,
      add_bos: addBos,
      runtime: `onnxruntime ${runtime}`,
    },
    chatTemplate: options.chatTemplate,
    forecast: host === null ? null : newForecast({ host, context, threads, batchTokens: options.batchTokens, documents }),
    close: session.close,
  });
}

/** What is known of a model before it is opened. */
export interface Survey {
  readonly device: string;
  readonly dtype: string;
  /** Null on a card, whose memory and speed are not asked for. */
  readonly forecast: Forecast | null;
  /** Lines that opening it would say: warnings, or why it would be refused. */
  readonly remarks: readonly string[];
}

/**
 * Reads what there is to know of a model without its weights. Throws `UserError` as `openOnnx` does, but not for a model that does not fit, which is a remark.
 */
export async function surveyOnnx(options: OnnxOptions): Promise<Survey> {
  const remarks: string[] = [];
  const { provider } = await chooseDevice(options.device, (line) => remarks.push(line));
  if (provider.name !== 'cpu') return { device: provider.name, dtype: options.dtype, forecast: null, remarks };
  const host = await prepareHost(options, (line) => remarks.push(line)).catch(async (error: unknown) => {
    const found = await prepareHost(options, null);
    remarks.push(messageOf(error));
    return found;
  });
  const { model } = host;
  const tokenizer = await loadTokenizer(options.tokenizerFolder ?? options.folder);
  const context = {
    tokenizer,
    addBos: needsBos(model.modelType),
    maxLength: options.maxLength ?? model.maxLength,
    vocabSize: model.vocabSize ?? tokenizer.vocabSize,
    longest: longestText(model.tables ?? []),
    renderChat: options.renderChat,
    drawDefaults: NO_DRAW_DEFAULTS,
  };
  const documents = Math.max(1, Math.min(GENERATE_DOCUMENTS, statesInSlots(model)));
  const threads = options.threads ?? availableParallelism();
  const dtype = host.storage === 'as stored' ? `${model.stored}, computed in float32` : 'float32';
  return {
    ...{ device: 'cpu', dtype, remarks },
    forecast: newForecast({ host, context, threads, batchTokens: options.batchTokens, documents }),
  };
}
