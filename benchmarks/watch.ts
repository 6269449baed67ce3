/** Runs a program to its end and says what it needed. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { packagePath } from '../src/package-files.js';

export interface Watched {
  readonly output: string;
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** Largest resident memory, threads included. */
  readonly peakMb: number;
}

/**
 * Runs `command`; its standard error goes to ours. Throws when it does not end with 0. Peak memory comes from /proc, so it is 0 where there is none.
 */
export async function watch(command: string, args: readonly string[]): Promise<Watched> {
  const start = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let peakKb = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
    } catch {
      // The process has just ended.
    }
  }, 100);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}`);
  return { output, seconds: (performance.now() - start) / 1000, peakMb: peakKb / 1024 };
}

const RESULT = z.object({
  total_evaluation_time_seconds: z.coerce.number(),
  eus_eval: z.object({
    work: z.object({
      naiveTokens: z.number(),
      distinctTokens: z.number(),
      computedTokens: z.number(),
      seconds: z.record(z.string(), z.number()),
    }),
  }),
});

export interface MeasuredRun {
  /** Whole process, evaluation (loading included), loading, tokenizing, computing. */
  readonly seconds: {
    readonly process: number;
    readonly evaluation: number;
    readonly load: number;
    readonly tokenize: number;
    readonly compute: number;
  };
  readonly tokens: { readonly naive: number; readonly distinct: number; readonly computed: number };
  readonly peakMb: number;
}

/**
 * Runs `eus-eval run` with the arguments, without journal, its results in `out` or a folder that is removed. `program`: another version of eus-eval.
 */
export async function measureRun(
  args: readonly string[],
  out?: string,
  program: string = packagePath('bin/eus-eval.js'),
): Promise<MeasuredRun> {
  const folder = out ?? mkdtempSync(path.join(tmpdir(), 'run-'));
  const all = [program, 'run', ...args, '--out', folder, '--quiet', '--json', '--no-journal'];
  const { output, seconds, peakMb } = await watch(process.execPath, all);
  if (out === undefined) rmSync(folder, { recursive: true });
  const result = RESULT.parse(JSON.parse(output));
  const { work } = result.eus_eval;
  const phase = (name: string): number => work.seconds[name] ?? 0;
  return {
    seconds: {
      process: seconds,
      evaluation: result.total_evaluation_time_seconds,
      load: phase('load'),
      tokenize: phase('tokenize'),
      compute: phase('compute'),
    },
    tokens: { naive: work.naiveTokens, distinct: work.distinctTokens, computed: work.computedTokens },
    peakMb,
  };
}
