import { describe, expect, it } from 'vitest';
import { availableMemory, type MemoryReader } from '../src/machine-memory.js';

function machine(files: Readonly<Record<string, string>>, more: Partial<MemoryReader> = {}): MemoryReader {
  return { read: (file) => files[file] ?? null, platform: 'linux', totalBytes: 16_000_000_000, freeBytes: 1, ...more };
}

const MEMINFO = { '/proc/meminfo': 'MemTotal: 16000000 kB\nMemFree: 100 kB\nMemAvailable:    8000000 kB\n' };
const V1 = '/sys/fs/cgroup/memory';

describe('memory that may still be taken', () => {
  it.each([
    ['no limit: the estimate of the kernel', MEMINFO, 8_192_000_000, false],
    [
      'version 2 without a limit',
      { ...MEMINFO, '/sys/fs/cgroup/memory.max': 'max\n', '/sys/fs/cgroup/memory.current': '5' },
      8_192_000_000,
      false,
    ],
    [
      // Files in the page cache are given up; files of a memory file system are not.
      'version 2: pages of files do not count as taken',
      {
        ...MEMINFO,
        '/sys/fs/cgroup/memory.max': '4000000000',
        '/sys/fs/cgroup/memory.current': '3900000000',
        '/sys/fs/cgroup/memory.stat': 'anon 900000000\nfile 3000000000\nkernel 1\nshmem 500000000\ninactive_file 7\n',
      },
      2_600_000_000,
      true,
    ],
    [
      'version 2: the tightest of the groups above',
      {
        ...MEMINFO,
        '/proc/self/cgroup': '0::/user.slice/job_7/task\n',
        '/sys/fs/cgroup/user.slice/job_7/task/memory.max': 'max',
        '/sys/fs/cgroup/user.slice/job_7/task/memory.current': '1',
        '/sys/fs/cgroup/user.slice/job_7/memory.max': '2000000000',
        '/sys/fs/cgroup/user.slice/job_7/memory.current': '500000000',
        '/sys/fs/cgroup/user.slice/memory.max': '6000000000',
        '/sys/fs/cgroup/user.slice/memory.current': '500000000',
      },
      1_500_000_000,
      true,
    ],
    [
      'version 1',
      {
        ...MEMINFO,
        '/proc/self/cgroup': '9:name=systemd:/\n4:cpu,memory:/slurm/job\n0::/\n',
        [`${V1}/memory.limit_in_bytes`]: '9223372036854771712',
        [`${V1}/memory.usage_in_bytes`]: '9000000000',
        [`${V1}/slurm/job/memory.limit_in_bytes`]: '1000000000',
        [`${V1}/slurm/job/memory.usage_in_bytes`]: '900000000',
        [`${V1}/slurm/job/memory.stat`]: 'cache 1\ntotal_cache 600000000\ntotal_shmem 0\n',
      },
      700_000_000,
      true,
    ],
    [
      'a limit above what is free',
      { ...MEMINFO, '/sys/fs/cgroup/memory.max': '15000000000', '/sys/fs/cgroup/memory.current': '0' },
      8_192_000_000,
      false,
    ],
    [
      'a group that has passed its limit',
      { ...MEMINFO, '/sys/fs/cgroup/memory.max': '10', '/sys/fs/cgroup/memory.current': '12' },
      0,
      true,
    ],
  ])('%s', (_what, files, bytes, limited) => {
    const found = availableMemory(machine(files));
    expect([found.bytes, found.limited]).toEqual([bytes, limited]);
  });

  it('is what Windows calls available, and is not known on macOS, which counts as taken what it would give up', () => {
    expect(availableMemory(machine({}, { platform: 'win32', freeBytes: 5e9 }))).toEqual({ bytes: 5e9, total: 16e9, limited: false });
    expect(availableMemory(machine({}, { platform: 'darwin', freeBytes: 5e7 }))).toEqual({ bytes: null, total: 16e9, limited: false });
  });
});
