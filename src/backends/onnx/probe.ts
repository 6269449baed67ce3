/** Asks a process of its own whether a session can be opened and computes right. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { ProbeReply, ProbeRequest } from '../../cuda/probe-types.js';

const Reply = z.object({ error: z.string().nullable(), runtime: z.string().nullable(), seconds: z.number() });
/** The first use of a card compiles kernels where it has none ready; that takes a minute at worst. */
const LIMIT_MS = 180_000;

/**
 * Opens a tiny session on the CPU or a card in a process of its own, runs it and compares the numbers exactly. Returns the failure's message in `error`;
 * never throws. Float32 must come out with all its digits: the process has `NVIDIA_TF32_OVERRIDE=0`, as runs have.
 */
export async function probeSession(request: ProbeRequest, file = probeFile()): Promise<ProbeReply> {
  const failed = (error: string): ProbeReply => ({ error, runtime: null, seconds: 0 });
  const child = spawn(process.execPath, [file, JSON.stringify(request)], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', ...process.env, NVIDIA_TF32_OVERRIDE: '0', NODE_OPTIONS: '' },
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(failed(error.message)));
    child.once('close', (code, signal) => {
      const line = text.trim().split('\n').at(-1) ?? '';
      const reply = Reply.safeParse(parse(line));
      if (reply.success) resolve(reply.data);
      else resolve(failed(`the trial session ended with ${signal === null ? `code ${code}` : `signal ${signal}`} and said nothing`));
    });
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Beside this file when built; the built one when this runs from source. */
function probeFile(): string {
  const built = import.meta.url.endsWith('.ts') ? '../../../dist/backends/onnx/probe-process.js' : './probe-process.js';
  return fileURLToPath(new URL(built, import.meta.url));
}
