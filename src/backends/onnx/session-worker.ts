/** Owns the inference session and the cache of keys and values. `run()` of the runtime blocks its thread, so it has one to itself, or a process. */
import './no-telemetry.js';
import { parentPort } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import { prepareCuda } from '../../cuda/load.js';
import { readNarrowed } from './narrow-weights.js';
import type { CacheShape, OpenMessage, PackedMessage, Reply, Request, RunMessage, RunNumbers, Runner, StepMessage } from './protocol.js';

let runner: Runner | null = null;
/** A run failed, so what lies on the stack is not to be trusted until a run starts at its bottom. */
let broken = false;

function post(reply: Reply, transfer: ArrayBuffer[] = []): void {
  if (parentPort === null) process.send?.(reply);
  else parentPort.postMessage(reply, transfer);
}

/** The runtime and what runs on it. Imported only when a model is opened: for a card, other libraries must be loaded first. */
async function importRuntime({ provider, libraries }: OpenMessage) {
  if (provider.name === 'cuda') prepareCuda(libraries);
  const ort = await import('onnxruntime-node');
  // Its log would go to standard error; what fails is thrown, too.
  ort.env.logLevel = 'fatal';
  const { exportRunner } = await import('./export-runner.js');
  const { graphRunner } = await import('./graph-runner.js');
  const { packedRunner } = await import('./packed-runner.js');
  const { stackedRunner } = await import('./stacked-runner.js');
  return { ort, exportRunner, graphRunner, packedRunner, stackedRunner };
}

/** Where a test wants to know what runs where, the runtime writes its profile. */
function profiling(): InferenceSession.SessionOptions {
  const prefix = process.env.EUS_EVAL_TEST_PROFILE;
  return prefix === undefined ? {} : { enableProfiling: true, profileFilePrefix: prefix };
}

async function open(message: OpenMessage): Promise<void> {
  const { source, threads, provider } = message;
  const start = performance.now();
  const { ort, exportRunner, graphRunner, packedRunner, stackedRunner } = await importRuntime(message);
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider.name === 'webgpu' ? { name: 'webgpu' } : provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 4,
    ...profiling(),
  };
  // What is quantized is dequantized when the session is made, not in every run.
  const session = { set_denormal_as_zero: '1', disable_quant_qdq: '1' };
  const ep =
    provider.name === 'webgpu' && provider.bindingBytes !== null
      ? { webgpuexecutionprovider: { maxStorageBufferBindingSize: String(provider.bindingBytes) } }
      : {};
  let facts: { cache: CacheShape; vocabSize: number | null };
  if (source.kind === 'export') {
    const opened = exportRunner(await ort.InferenceSession.create(source.file, { ...options, extra: { session } }));
    facts = { cache: opened.cache, vocabSize: opened.vocabSize };
    runner = opened;
  } else {
    facts = { cache: source.cache, vocabSize: null };
    const cached = source.attention === 'cached';
    // Weights get memory of exactly their size instead of a place in the arena, which grows by doubling; and runs whose shapes never come twice need no memory pattern.
    const own = {
      ...session,
      ...(cached ? {} : { use_device_allocator_for_initializers: '1' }),
      ...(source.repacked ? {} : { disable_prepacking: '1' }),
    };
    const extra = { session: { ...own, model_external_initializers_file_folder_path: source.folder }, ep };
    const externalData: { path: string; data: Uint8Array }[] = [];
    for (const tensor of source.narrowed)
      externalData.push({ path: tensor.location, data: new Uint8Array((await readNarrowed(tensor)).buffer) });
    const create = (graph: Uint8Array, more: InferenceSession.SessionOptions = {}): Promise<InferenceSession> =>
      ort.InferenceSession.create(graph, { ...options, ...(cached ? {} : { enableMemPattern: false }), extra, ...more });
    const files = externalData.length === 0 ? {} : { externalData };
    if (source.attention !== 'stacked') {
      const opened = await create(source.bytes, files);
      runner = cached ? graphRunner(opened, source) : packedRunner(opened, source, (graph) => create(graph, files));
    } else {
      const stays = provider.name === 'webgpu' ? ('gpu-buffer' as const) : ('cpu' as const);
      const kept = Object.fromEntries(source.cache.flatMap(({ layer }) => [`key_${layer}`, `value_${layer}`].map((name) => [name, stays])));
      const opened = await create(source.bytes, { ...files, preferredOutputLocation: kept });
      runner = stackedRunner(opened, source, (graph) => create(graph, { preferredOutputLocation: stays }));
    }
  }
  post({ kind: 'opened', seconds: (performance.now() - start) / 1000, ...facts });
}

/** Runs until a test's device is lost, as its driver would say it. */
let runsLeft = Number(process.env.EUS_EVAL_TEST_LOST_AFTER ?? Number.POSITIVE_INFINITY);

function loseDevice(): void {
  if (runsLeft-- <= 0) throw new Error('WebGPU device was lost: VK_ERROR_DEVICE_LOST');
}

function answer(r: Runner, message: RunMessage | StepMessage | PackedMessage): Promise<RunNumbers> {
  if (message.kind === 'packed' && !r.keeps) return r.packed(message);
  if (message.kind === 'run' && r.keeps) return r.run(message);
  if (message.kind === 'step' && r.keeps) return r.step(message);
  return Promise.reject(new Error(`this graph keeps ${r.keeps ? 'keys and values' : 'nothing'} between runs`));
}

async function compute(r: Runner, message: RunMessage | StepMessage | PackedMessage): Promise<void> {
  const start = performance.now();
  if (message.kind === 'run') {
    if (broken && message.base > 0) throw new Error('out of memory in an earlier run of the batch');
    broken = true;
  }
  loseDevice();
  const { logprobs, greedy, moved } = await answer(r, message);
  if (message.kind === 'run') broken = false;
  post(
    {
      kind: 'result',
      id: message.id,
      logprobs,
      greedy,
      ...(moved === undefined ? {} : { moved }),
      seconds: (performance.now() - start) / 1000,
    },
    [logprobs.buffer, greedy.buffer],
  );
}

async function handle(message: Request): Promise<void> {
  if (message.kind === 'open') return open(message);
  if (message.kind === 'close') {
    await runner?.release();
    process.exit(0);
  }
  if (runner === null) throw new Error('no session is open');
  if (message.kind === 'tables') runner.setTables(message);
  else await compute(runner, message);
}

/** Exit code of a process that SIGTERM has ended. */
const TERMINATED = 143;
/** A service manager sends SIGTERM to both processes at once: the program gets so long to close the session itself. */
const GRACE_MS = 1_000;
let ending = false;

/** Ends cleanly: after the run under way, the device given back. A second signal ends at once. */
function terminate(): void {
  if (ending) process.exit(TERMINATED);
  ending = true;
  setTimeout(() => {
    void last.then(() => runner?.release()).finally(() => process.exit(TERMINATED));
  }, GRACE_MS);
}

// One message at a time, in order.
let last: Promise<void> = Promise.resolve();
const take = (message: Request): void => {
  last = last
    .then(() => handle(message))
    .catch((error: unknown) => {
      const id = message.kind === 'run' || message.kind === 'step' || message.kind === 'packed' ? message.id : null;
      post({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) });
    });
};
if (parentPort !== null) parentPort.on('message', take);
else {
  process.on('message', take);
  // The program that asks decides when to stop; without it nothing is left to do.
  process.on('disconnect', () => process.exit(0));
  // Ctrl-C and a terminal that is closed reach both processes, and the other one says what follows from that.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
  process.on('SIGTERM', terminate);
}
