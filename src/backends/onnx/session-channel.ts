/**
 * Where a session lives: in a thread of this process (CPU, CUDA), or in a process of its own (WebGPU). What drives a graphics card may print by itself, and may take its process with
 * it when the device is lost; neither is to reach the program that reads benchmarks and keeps a journal.
 */
import './no-telemetry.js';
import { fork } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import { explainWebGpu, webGpuLine } from '../../webgpu/explain.js';
import type { Reply, Request } from './protocol.js';

export interface Channel {
  send(request: Request): void;
  onReply(take: (reply: Reply) => void): void;
  /** Is told once, when thread or process has ended or failed: how, in words. */
  onEnd(take: (how: string) => void): void;
  terminate(): Promise<void>;
  /** Lets this process end before the other. */
  unref(): void;
}

/** Bytes of the other process's standard error that are kept for a message. */
const KEPT_ERRORS = 2_000;

/** The code of the other side: beside this file when built; the built one when this runs from source. */
function workerUrl(): URL {
  return import.meta.url.endsWith('.ts')
    ? new URL('../../../dist/backends/onnx/session-worker.js', import.meta.url)
    : new URL('./session-worker.js', import.meta.url);
}

/** A thread of this process. */
export function threadChannel(): Channel {
  const worker = new Worker(workerUrl());
  return {
    send: (request) => worker.postMessage(request),
    onReply: (take) => worker.on('message', take),
    onEnd(take) {
      worker.on('error', (error) => take(`the session thread failed: ${error.message}`));
      worker.on('exit', (code) => take(`the session thread ended unexpectedly (code ${code})`));
    },
    terminate: async () => {
      await worker.terminate();
    },
    unref: () => worker.unref(),
  };
}

/** A process of its own, with these variables beside those of this one. */
export function processChannel(environment: Readonly<Record<string, string>>): Channel {
  const child = fork(workerUrl(), [], {
    // Typed arrays are sent as they are.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
    env: { ...process.env, ...environment, NODE_OPTIONS: '' },
  });
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-KEPT_ERRORS);
  });
  return {
    send: (request) => {
      // Whether it arrived is seen when the process ends.
      child.send(request, () => {});
    },
    onReply: (take) => child.on('message', take),
    onEnd(take) {
      child.once('error', (error) => take(`the device's process failed: ${error.message}`));
      child.once('close', (code, signal) => {
        const last = errors.trim().split('\n').at(-1) ?? '';
        const how = `the device's process ended with ${signal === null ? `code ${code}` : `signal ${signal}`}${last === '' ? '' : `: ${last}`}`;
        take(webGpuLine(explainWebGpu(how)));
      });
    },
    terminate: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGKILL');
      await gone;
    },
    unref() {
      child.unref();
      child.channel?.unref();
      child.stderr?.destroy();
    },
  };
}
