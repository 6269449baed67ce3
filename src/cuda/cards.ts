/** Which NVIDIA cards this machine shows, without loading CUDA. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Env } from '../cache-folders.js';

export interface Card {
  readonly name: string;
  /** Null where only the kernel was asked. */
  readonly memoryBytes: number | null;
}

export interface Cards {
  readonly cards: readonly Card[];
  /** Version of the driver, for example `580.65.06`; null where nothing says it. */
  readonly driver: string | null;
}

/**
 * Returns the cards and the driver's version: from `nvidia-smi` where it answers, else from what the kernel shows below `proc`
 * (`/proc/driver/nvidia`). No card and no driver where there are none.
 */
export function visibleCards(proc = '/proc/driver/nvidia', ask: () => string | null = askSmi): Cards {
  const driver = kernelDriver(proc);
  const answer = driver === null && !existsSync('/dev/nvidiactl') && !existsSync('/dev/dxg') ? null : ask();
  const listed = (answer ?? '').split('\n').flatMap((line) => {
    const [name, memory, version] = line.split(',').map((part) => part.trim());
    const mebibytes = Number(memory);
    return name === undefined || version === undefined || !Number.isFinite(mebibytes)
      ? []
      : [{ card: { name, memoryBytes: mebibytes * 1024 * 1024 }, version }];
  });
  if (listed.length > 0) return { cards: listed.map(({ card }) => card), driver: listed[0]?.version ?? driver };
  return { cards: kernelCards(proc), driver };
}

/**
 * Returns the card that CUDA calls `deviceId`: `CUDA_VISIBLE_DEVICES` may leave some out or order them anew. Null where that cannot be told.
 */
export function cardOf({ cards }: Cards, deviceId: number, env: Env = process.env): Card | null {
  const visible = env.CUDA_VISIBLE_DEVICES?.split(',').map((name) => name.trim())[deviceId] ?? String(deviceId);
  return /^\d+$/.test(visible) ? (cards[Number(visible)] ?? null) : null;
}

/** Lines `NAME, MIB, DRIVER`; null when the program is absent or fails. */
function askSmi(): string | null {
  const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader,nounits'];
  const { status, stdout } = spawnSync('nvidia-smi', query, { encoding: 'utf8', timeout: 20_000 });
  return status === 0 ? stdout : null;
}

function kernelDriver(proc: string): string | null {
  return /Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(read(path.join(proc, 'version')))?.[1] ?? null;
}

function kernelCards(proc: string): Card[] {
  let names: string[];
  try {
    names = readdirSync(path.join(proc, 'gpus')).sort();
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const model = /^Model:\s*(.+?)\s*$/m.exec(read(path.join(proc, 'gpus', name, 'information')))?.[1];
    return model === undefined ? [] : [{ name: model, memoryBytes: null }];
  });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
