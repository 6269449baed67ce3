/**
 * A process that keeps an inference engine from outliving the program that wanted it. It starts the engine in a process group of its own and waits; when the channel to its
 * parent closes, for whatever reason (the end, a crash, `kill -9`), or on SIGTERM, it ends the whole group. Argument: a `GuardRequest` as JSON. Ends with the engine's exit code.
 */

import { spawn } from 'node:child_process';
import { z } from 'zod';
import { at } from '../at.js';

const Request = z.object({ command: z.string(), args: z.array(z.string()), graceMs: z.number() });
export type GuardRequest = z.infer<typeof Request>;

/** What the guard tells its parent. */
type GuardMessage = { readonly pid: number } | { readonly error: string };

/** How often a group that was told to end is looked at. */
const LOOK_MS = 50;

function guard({ command, args, graceMs }: GuardRequest): void {
  const engine = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  let code = 1;
  let stopping = false;

  /** Sends a signal to the engine and all of its children; false when none is left. */
  function signalGroup(signal: NodeJS.Signals | 0): boolean {
    if (engine.pid === undefined) return false;
    try {
      process.kill(-engine.pid, signal);
      return true;
    } catch {
      return false;
    }
  }

  function stop(): void {
    if (stopping) return;
    stopping = true;
    const killAt = performance.now() + graceMs;
    signalGroup('SIGTERM');
    const look = (): void => {
      if (!signalGroup(performance.now() >= killAt ? 'SIGKILL' : 0)) process.exit(code);
      setTimeout(look, LOOK_MS);
    };
    look();
  }

  engine.once('error', (error) => {
    if (process.connected) process.send?.({ error: error.message } satisfies GuardMessage, () => process.exit(1));
    else process.exit(1);
  });
  // What the engine leaves behind when it ends by itself goes with it.
  engine.once('exit', (ended) => {
    code = ended ?? 1;
    stop();
  });
  // Output goes straight to the parent's pipes, which may close before the engine is gone.
  process.stdout.on('error', () => undefined);
  process.on('disconnect', stop);
  process.on('message', stop);
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', stop);
  if (engine.pid !== undefined && process.connected) process.send?.({ pid: engine.pid } satisfies GuardMessage, () => undefined);
  if (!process.connected) stop();
}

guard(Request.parse(JSON.parse(at(process.argv, 2))));
