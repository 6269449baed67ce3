/** Starts an inference engine on this machine for one run, and ends it whatever happens. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { InterruptedError, UserError } from '../errors.js';
import type { Engine } from './engines.js';
import type { GuardRequest } from './guard-process.js';

/** A running engine. */
export interface Served {
  /** Its address up to `/v1`. */
  readonly url: string;
  /** One line once the engine has ended by itself; null while it runs. */
  ended(): string | null;
  /** Ends it with all of its processes; resolves when they are gone. */
  close(): Promise<void>;
}

export interface LaunchOptions {
  readonly engine: Engine;
  /** Arguments for an engine on this port. */
  readonly argumentsFor: (port: number) => readonly string[];
  readonly onProgress: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** How long it may take until it answers. */
  readonly limitMs?: number;
  /** How long it may take to end before it is killed. */
  readonly graceMs?: number;
  readonly guardFile?: string;
}

/** The weights of a large model come from a slow disk or from the hub. */
const LIMIT_MS = 2 * 3600_000;
const GRACE_MS = 10_000;
const LOOK_MS = 200;
const SAY_MS = 10_000;
/** Lines of the engine's output that are kept for messages. */
const KEPT_LINES = 40;
/** Of a line of progress; vLLM's are long. */
const SHOWN_CHARACTERS = 160;

/**
 * Starts the engine and waits until it is well. Throws `UserError` when it is not installed, ends, or is not well in time; `InterruptedError` when `signal` is aborted meanwhile.
 */
export async function launch(options: LaunchOptions): Promise<Served> {
  const { engine, onProgress } = options;
  const port = await freePort();
  const request: GuardRequest = {
    command: engine.command,
    args: [...options.argumentsFor(port)],
    graceMs: options.graceMs ?? GRACE_MS,
  };
  // A process group of its own: Ctrl-C at a terminal reaches the run, which ends the engine when the last answers are kept.
  const guard = spawn(process.execPath, [options.guardFile ?? guardFile(), JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const watched = watchGuard(guard, engine);
  try {
    const begun = performance.now();
    let said = begun;
    onProgress(`starting ${engine.name} on port ${port}`);
    while (!(await isWell(port))) {
      const seconds = Math.round((performance.now() - begun) / 1000);
      const ended = watched.ended();
      if (ended !== null) throw new UserError(ended);
      if (options.signal?.aborted === true) throw new InterruptedError(`interrupted while ${engine.name} was starting`);
      if (performance.now() - begun > (options.limitMs ?? LIMIT_MS))
        throw new UserError(`${engine.name} did not answer within ${seconds} s; its last line: ${watched.lastLine()}`);
      if (performance.now() - said > SAY_MS) {
        said = performance.now();
        onProgress(`${engine.name} is starting (${seconds} s): ${watched.latest()}`);
      }
      await sleep(LOOK_MS);
    }
    onProgress(`${engine.name} is ready after ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  } catch (error) {
    await watched.close();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}/v1`, ended: watched.ended, close: watched.close };
}

const Message = z.object({ pid: z.number().optional(), error: z.string().optional() });

function watchGuard(guard: ChildProcess, engine: Engine) {
  const lines: string[] = [];
  let problem: string | null = null;
  let pid: number | null = null;
  let closing = false;
  // The cause of an end, which is seldom the very last line.
  const lastLine = (): string =>
    lines.findLast((line) => /error/i.test(line) && !/exiting due to/i.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  const latest = (): string => lines.at(-1)?.slice(0, SHOWN_CHARACTERS) ?? 'it said nothing';
  for (const stream of [guard.stdout, guard.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      lines.push(...text.split('\n').filter((line) => line.trim() !== ''));
      lines.splice(0, lines.length - KEPT_LINES);
    });
  }
  guard.on('message', (raw) => {
    const message = Message.safeParse(raw).data;
    if (message?.error !== undefined) problem ??= `${engine.name} cannot be started (${message.error}); install it with: ${engine.install}`;
    pid = message?.pid ?? pid;
  });
  const gone = new Promise<void>((resolve) => {
    guard.once('error', (error) => {
      problem ??= `${engine.name} cannot be started (${error.message})`;
      resolve();
    });
    guard.once('exit', (code, signal) => {
      if (!closing) problem ??= `${engine.name} ended by itself (code ${code ?? signal}); its last line: ${lastLine()}`;
      // A guard that was killed could not end the engine.
      if (signal !== null && pid !== null) killGroup(pid);
      resolve();
    });
  });
  async function close(): Promise<void> {
    closing = true;
    if (guard.connected) guard.disconnect();
    await gone;
  }
  return { ended: () => problem, lastLine, latest, close };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
}

async function isWell(port: number): Promise<boolean> {
  try {
    const reply = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(5000) });
    await reply.text();
    return reply.ok;
  } catch {
    return false;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))));
    });
  });
}

/** Beside this file when built; the built one when this runs from source. */
function guardFile(): string {
  const built = import.meta.url.endsWith('.ts') ? '../../dist/serve/guard-process.js' : './guard-process.js';
  return fileURLToPath(new URL(built, import.meta.url));
}
