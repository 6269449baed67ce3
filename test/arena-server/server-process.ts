/** An arena as a process of its own, to be killed at any moment. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { stringify } from 'yaml';
import { packagePath } from '../../src/package-files.js';
import { PASSWORD } from './arena-client.js';

export interface ServerProcess {
  readonly url: string;
  /** Kills it as a power cut does, and starts it again on the same port. */
  killAndStart(): Promise<void>;
  stop(): Promise<void>;
  /** Processor time in seconds of the present start. */
  cpu(): number;
  /** Resident memory in MB at its highest so far, of all starts. */
  memory(): number;
  readonly log: string[];
}

/** Fields 14 and 15 of /proc/PID/stat, in hundredths of a second (proc(5)); 0 where there is no /proc. */
function cpuOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts `eus-eval arena serve` on a configuration and waits until it answers. */
export async function startServer(
  folder: string,
  arena: object,
  database: string,
  name = 'arena',
  nodeOptions: readonly string[] = [],
): Promise<ServerProcess> {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(file, stringify(arena));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const log: string[] = [];
  let highest = 0;
  function start(): ChildProcess {
    const child = spawn(
      process.execPath,
      [...nodeOptions, packagePath('bin/eus-eval.js'), 'arena', 'serve', file, '--port', String(port), '--database', database],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, EUS_EVAL_ARENA_PASSWORD: PASSWORD } },
    );
    child.stderr?.setEncoding('utf8').on('data', (text: string) => log.push(text));
    return child;
  }
  async function ready(): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        if ((await fetch(`${url}/healthz`)).ok) return;
      } catch {
        if (attempt > 600) throw new Error(`the arena does not answer: ${log.join('')}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  /** VmHWM is the highest the kernel saw. */
  function look(child: ChildProcess): void {
    try {
      const kb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
      highest = Math.max(highest, Number(kb ?? 0) / 1024);
    } catch {
      // No /proc on this system, or the process is gone.
    }
  }
  const gone = (child: ChildProcess): Promise<unknown> =>
    child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : new Promise((resolve) => child.once('exit', resolve));
  let child = start();
  await ready();
  return {
    url,
    log,
    cpu: () => cpuOf(child.pid),
    memory: () => {
      look(child);
      return highest;
    },
    killAndStart: async () => {
      look(child);
      const ended = gone(child);
      child.kill('SIGKILL');
      await ended;
      child = start();
      await ready();
    },
    stop: async () => {
      look(child);
      const ended = gone(child);
      child.kill('SIGTERM');
      await ended;
    },
  };
}
