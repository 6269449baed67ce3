/** The main thread's side of the session, which lives in a thread or a process of its own. */
import { UserError } from '../../errors.js';
import { DEVICE_LOST, explainWebGpu, webGpuLine } from '../../webgpu/explain.js';
import type {
  CacheShape,
  OpenMessage,
  PackedMessage,
  Reply,
  Request,
  RunMessage,
  RunResult,
  StepMessage,
  TablesMessage,
} from './protocol.js';
import { processChannel, threadChannel } from './session-channel.js';

/** A graph whose keys and values stay. Runs are answered in the order in which they were given; they reject when the run failed or the thread ended. */
export interface StackSession {
  run(message: Omit<RunMessage, 'kind' | 'id'>): Promise<RunResult>;
  /** One step of generation. */
  step(message: Omit<StepMessage, 'kind' | 'id'>): Promise<RunResult>;
}

/** A graph that keeps nothing between runs; in the same order. */
export interface PackedSession {
  packed(message: Omit<PackedMessage, 'kind' | 'id'>): Promise<RunResult>;
}

export interface Session extends StackSession, PackedSession {
  readonly cache: CacheShape;
  /** What the model's own outputs say; null where they do not. */
  readonly vocabSize: number | null;
  setTables(tables: Omit<TablesMessage, 'kind'>): void;
  close(): Promise<void>;
}

type Opened = Extract<Reply, { kind: 'opened' }>;

/** A run failed because memory did not suffice. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
}

/** What allocation failures say in ONNX Runtime (CPU, CUDA and WebGPU), Dawn and V8. */
const MEMORY_MESSAGE =
  /failed to allocate memory|bad_alloc|bad allocation|out of memory|array buffer allocation failed|invalid (typed )?array length|available memory|(larger|greater) than the maximum|exceeds the max|max\w*BindingSize/i;

/** How long `close` waits for a run of another process to end. A thread is waited for: pulled out of native code, it would take this process with it (code 134). */
const CLOSE_MS = 3_000;

/** What a failed run is: too little memory, which smaller runs mend; a lost device, which is no fault of the program; or an error. */
function failureOf(message: string, webGpu: boolean): Error {
  if (webGpu && DEVICE_LOST.test(message)) return new UserError(webGpuLine(explainWebGpu(message)));
  return MEMORY_MESSAGE.test(message) ? new OutOfMemoryError(message) : new Error(message);
}

/**
 * Starts the thread and opens the session in it. Rejects with the runtime's message when it refuses the graph, the files or the provider.
 */
export async function openSession(open: Omit<OpenMessage, 'kind'>): Promise<Session> {
  // NVIDIA's libraries read this when they are loaded: float32 is to be float32, not TF32. Set here, because only the main thread's `process.env` is the process's.
  if (open.provider.name === 'cuda') {
    process.env.NVIDIA_TF32_OVERRIDE = '0';
    // cuda:N is to be the card that nvidia-smi calls N.
    process.env.CUDA_DEVICE_ORDER ??= 'PCI_BUS_ID';
  }
  const channel = open.provider.name === 'webgpu' ? processChannel(open.provider.environment) : threadChannel();
  const waiting = new Map<number, { resolve(result: RunResult): void; reject(error: Error): void }>();
  let serial = 0;
  let dead: Error | null = null;
  let opened: { resolve(reply: Opened): void; reject(error: Error): void } | null = null;

  function die(error: Error): void {
    dead ??= error;
    opened?.reject(dead);
    for (const { reject } of waiting.values()) reject(dead);
    waiting.clear();
  }
  let ended: () => void = () => {};
  const gone = new Promise<void>((resolve) => {
    ended = resolve;
  });
  channel.onEnd((how) => {
    // A lost device is no fault of the program: one line with the way out.
    die(open.provider.name === 'webgpu' ? new UserError(how) : new Error(how));
    ended();
  });
  channel.onReply((reply) => {
    if (reply.kind === 'opened') opened?.resolve(reply);
    else if (reply.kind === 'result') {
      waiting.get(reply.id)?.resolve(reply);
      waiting.delete(reply.id);
    } else {
      const error = failureOf(reply.message, open.provider.name === 'webgpu');
      if (reply.id === null) opened?.reject(error);
      else {
        waiting.get(reply.id)?.reject(error);
        waiting.delete(reply.id);
      }
    }
  });
  const { send } = channel;

  const close = async (): Promise<void> => {
    if (dead === null) {
      dead = new UserError('the model is closed: open it again, or close it when everything is asked');
      send({ kind: 'close' });
      if (open.provider.name === 'webgpu') {
        const timer = setTimeout(() => channel.unref(), CLOSE_MS);
        await Promise.race([gone, new Promise<void>((resolve) => setTimeout(resolve, CLOSE_MS).unref())]);
        clearTimeout(timer);
      } else await gone;
      for (const { reject } of waiting.values()) reject(dead);
      waiting.clear();
    }
  };

  const ask = (request: (id: number) => Request): Promise<RunResult> => {
    if (dead !== null) return Promise.reject(dead);
    const id = serial++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      send(request(id));
    });
  };

  let facts: Opened;
  try {
    facts = await new Promise<Opened>((resolve, reject) => {
      opened = { resolve, reject };
      send({ kind: 'open', ...open });
    });
  } catch (error) {
    await channel.terminate();
    throw error;
  }
  return {
    cache: facts.cache,
    vocabSize: facts.vocabSize,
    close,
    setTables: (tables) => send({ kind: 'tables', ...tables }),
    run: (message) => ask((id) => ({ kind: 'run', id, ...message })),
    packed: (message) => ask((id) => ({ kind: 'packed', id, ...message })),
    step: (message) => ask((id) => ({ kind: 'step', id, ...message })),
  };
}
