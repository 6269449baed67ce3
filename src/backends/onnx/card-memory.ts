/** Asks the driver's tool how much memory a card has left. */
import { execFile } from 'node:child_process';
import type { CardMemory } from './memory-plan.js';

/** What is planned with when nobody can say: the smallest card that data centres rent. */
const ASSUMED_BYTES = 16 * 1024 ** 3;
const TIMEOUT_MS = 5_000;

/** Runs a program and returns what it prints; rejects when it fails or is not there. */
export type RunProgram = (file: string, args: readonly string[]) => Promise<string>;

const runProgram: RunProgram = (file, args) =>
  new Promise((resolve, reject) => {
    execFile(file, args, { timeout: TIMEOUT_MS }, (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });

/**
 * Returns what the card `deviceId` has: `given` bytes where the user said so, else what `nvidia-smi` calls free, else 16 GiB as an assumption. Never rejects.
 * `nvidia-smi` counts cards in the order of their slots; a variable CUDA_VISIBLE_DEVICES that lists numbers or UUIDs says which is meant.
 */
export async function cardMemory(
  deviceId: number,
  given: number | null,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  run: RunProgram = runProgram,
): Promise<CardMemory> {
  if (given !== null) return { bytes: given, kind: 'given' };
  const visible = environment.CUDA_VISIBLE_DEVICES?.split(',').map((name) => name.trim());
  const card = visible === undefined ? String(deviceId) : visible[deviceId];
  if (card === undefined || card === '') return { bytes: ASSUMED_BYTES, kind: 'assumed' };
  try {
    const text = await run('nvidia-smi', ['--query-gpu=memory.free', '--format=csv,noheader,nounits', '-i', card]);
    const mebibytes = Number(text.trim().split('\n')[0]);
    if (Number.isFinite(mebibytes) && mebibytes > 0) return { bytes: mebibytes * 1024 ** 2, kind: 'free' };
  } catch {
    // No such tool: what follows is the answer.
  }
  return { bytes: ASSUMED_BYTES, kind: 'assumed' };
}
