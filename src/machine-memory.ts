/** How much memory a program may still take: what the system says is free, and what the limits of control groups (containers, batch systems, services) leave. */
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import path from 'node:path';

/** How the machine is asked; a test replaces it. */
export interface MemoryReader {
  /** Text of a file, or null. */
  readonly read: (file: string) => string | null;
  readonly platform: string;
  readonly totalBytes: number;
  /** What `os.freemem` says. */
  readonly freeBytes: number;
}

export interface AvailableMemory {
  /** Bytes; null where the system does not say what can be freed. */
  readonly bytes: number | null;
  /** Bytes of the machine, or of the limit where that is less. */
  readonly total: number;
  /** A limit of a control group decides, not the machine. */
  readonly limited: boolean;
}

/** This machine. */
export function thisMemory(): MemoryReader {
  return { read, platform: process.platform, totalBytes: totalmem(), freeBytes: freemem() };
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** Limits of more than this are none: version 1 writes the largest whole number of pages for "no limit". */
const NO_LIMIT = 2 ** 60;

interface Limit {
  readonly bytes: number;
  readonly left: number;
}

/** The files of both versions of control groups. */
const VERSIONS = [
  { root: '/sys/fs/cgroup', own: /^0::(.*)$/m, limit: 'memory.max', used: 'memory.current', file: 'file', shared: 'shmem' },
  {
    ...{ root: '/sys/fs/cgroup/memory', own: /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m, limit: 'memory.limit_in_bytes' },
    ...{ used: 'memory.usage_in_bytes', file: 'total_cache', shared: 'total_shmem' },
  },
] as const;

/** The limits of the process's control groups, from its own up to the root; in a container the own one is often seen as the root. */
function limits({ read }: MemoryReader): Limit[] {
  const groups = read('/proc/self/cgroup') ?? '';
  return VERSIONS.flatMap(({ root, own, limit, used, file, shared }) => {
    const found: Limit[] = [];
    for (let group = own.exec(groups)?.[1] ?? '/'; ; group = path.posix.dirname(group)) {
      const folder = path.posix.join(root, group);
      const bytes = Number.parseInt(read(path.posix.join(folder, limit)) ?? '', 10);
      const taken = Number.parseInt(read(path.posix.join(folder, used)) ?? '', 10);
      if (bytes < NO_LIMIT && Number.isFinite(taken)) {
        // Pages of files are given up before anything fails; those of memory file systems are not.
        const number = (name: string): number =>
          Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(read(path.posix.join(folder, 'memory.stat')) ?? '')?.[1] ?? 0);
        const reclaimable = Math.max(0, number(file) - number(shared));
        found.push({ bytes, left: Math.max(0, bytes - Math.max(0, taken - reclaimable)) });
      }
      if (group === '/' || group === '.' || group === '') return found;
    }
  });
}

/** What the system itself says: the kernel's estimate on Linux; elsewhere the free pages, which on macOS leave out what the system would give up. */
function freeBytes({ read, platform, freeBytes: free }: MemoryReader): number | null {
  if (platform === 'darwin') return null;
  const estimate = Number(/^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo') ?? '')?.[1] ?? Number.NaN) * 1024;
  if (!Number.isNaN(estimate)) return estimate;
  return platform === 'win32' ? free : null;
}

/**
 * Returns how much memory this process may still take before something fails.
 */
export function availableMemory(reader: MemoryReader = thisMemory()): AvailableMemory {
  const free = freeBytes(reader);
  const tightest = limits(reader).reduce<Limit | null>((least, one) => (least === null || one.left < least.left ? one : least), null);
  const limited = tightest !== null && tightest.left < (free ?? reader.totalBytes);
  if (!limited) return { bytes: free, total: reader.totalBytes, limited };
  return { bytes: tightest.left, total: Math.min(reader.totalBytes, tightest.bytes), limited };
}
