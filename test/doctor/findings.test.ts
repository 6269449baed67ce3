import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runtimeVersion } from '../../src/cuda/installed.js';
import { type CudaReader, cudaFindings } from '../../src/doctor/cuda.js';
import { cpuWorks } from '../../src/doctor/examine.js';
import type { Finding } from '../../src/doctor/finding.js';
import { type MachineReader, machineFindings } from '../../src/doctor/machine.js';
import { settingsFindings } from '../../src/doctor/settings.js';
import { packageFindings, runtimeFindings, trialFinding } from '../../src/doctor/software.js';
import { startHub } from '../hub/hub-server.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'eus-eval-doctor-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const named = (findings: readonly Finding[], name: string): Finding | undefined => findings.find((finding) => finding.name === name);
/** Status and what would mend it. */
const brief = (finding: Finding | undefined) => [finding?.status, finding?.mend];

function machine(more: Partial<MachineReader> = {}, files: Readonly<Record<string, string>> = {}): MachineReader {
  const meminfo = 'MemTotal:       26530000 kB\nMemFree:  100 kB\nMemAvailable:   20000000 kB\n';
  const all: Readonly<Record<string, string>> = { '/proc/meminfo': meminfo, ...files };
  return {
    read: (file) => all[file] ?? null,
    nodeVersion: '20.19.0',
    platform: 'linux',
    arch: 'x64',
    glibc: [2, 36],
    cores: 8,
    totalBytes: 26530000 * 1024,
    freeBytes: 0,
    ...more,
  };
}

describe('the machine', () => {
  it('is fine as it is', () => {
    const findings = machineFindings(machine());
    expect(findings.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok', 'ok']);
    expect(named(findings, 'memory')?.detail).toBe('20.5 GB free of 27.2 GB');
  });

  it.each([
    ['20.18.3', 'wrong'],
    ['18.20.1', 'wrong'],
    ['20.19.0', 'ok'],
    ['22.0.0', 'ok'],
    ['101.1.0', 'ok'],
  ])('Node.js %s is %s', (nodeVersion, status) => {
    const findings = machineFindings(machine({ nodeVersion }));
    expect(named(findings, 'Node.js')?.status).toBe(status);
    expect(cpuWorks(findings)).toBe(status === 'ok');
  });

  it('Alpine, and a processor without libraries, run no model', () => {
    expect(cpuWorks(machineFindings(machine({ glibc: null })))).toBe(false);
    expect(cpuWorks(machineFindings(machine({ arch: 'ppc64' })))).toBe(false);
    expect(cpuWorks(machineFindings(machine({ platform: 'darwin', arch: 'arm64', glibc: null })))).toBe(true);
  });

  it.each([
    ['of control groups 2', { '/sys/fs/cgroup/cpu.max': '250000 100000\n' }],
    ['of control groups 1', { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '250000\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' }],
  ])('a limit %s on cores asks for fewer threads', (_what, files) => {
    expect(named(machineFindings(machine({}, files)), 'CPU cores')?.mend).toMatch(/^give --threads 2:/);
    expect(named(machineFindings(machine({ cores: 2 }, files)), 'CPU cores')?.status).toBe('ok');
  });

  it.each([
    [
      'no limit',
      { '/sys/fs/cgroup/memory.max': 'max\n', '/sys/fs/cgroup/memory.current': '5\n', '/sys/fs/cgroup/cpu.max': 'max 100000\n' },
      '20.5 GB free of 27.2 GB',
      'ok',
    ],
    [
      'a limit',
      { '/sys/fs/cgroup/memory.max': '4000000000\n', '/sys/fs/cgroup/memory.current': '1000000000\n' },
      '3.0 GB free of 27.2 GB, as the container limits it',
      'ok',
    ],
    [
      'a small one',
      { '/sys/fs/cgroup/memory/memory.limit_in_bytes': '1000000000', '/sys/fs/cgroup/memory/memory.usage_in_bytes': '0' },
      '1.0 GB free of 27.2 GB, as the container limits it',
      'wrong',
    ],
    [
      'no limit in version 1',
      { '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712', '/sys/fs/cgroup/memory/memory.usage_in_bytes': '0' },
      '20.5 GB free of 27.2 GB',
      'ok',
    ],
  ])('memory with %s', (_what, files, detail, status) => {
    const findings = machineFindings(machine({}, files));
    expect([named(findings, 'memory')?.detail, named(findings, 'memory')?.status, named(findings, 'CPU cores')?.status]).toEqual([
      detail,
      status,
      'ok',
    ]);
  });
});

describe('the runtime', () => {
  it('that fails is named with its message, and then nothing runs', async () => {
    const findings = await runtimeFindings(async () => ({
      error: 'libstdc++.so.6: version GLIBCXX_3.4.30 not found',
      runtime: null,
      seconds: 0,
    }));
    expect(named(findings, 'ONNX Runtime')?.detail).toContain('GLIBCXX_3.4.30 not found');
    expect(cpuWorks(findings)).toBe(false);
  });

  it('of this machine runs the tiny model', async () => {
    expect(await trialFinding()).toMatchObject({ status: 'ok', essential: true });
  });

  it('optional packages are named with the command that installs the tested version', () => {
    expect(packageFindings(() => null).map(({ status, mend }) => [status, mend?.replace(/@[\d.]+$/, '@N')])).toEqual([
      ['not needed', 'npm install openai@N'],
      ['not needed', 'npm install @anthropic-ai/sdk@N'],
    ]);
    // They are there where this is developed.
    expect(packageFindings().map(({ status }) => status)).toEqual(['ok', 'ok']);
  });
});

describe('settings', () => {
  it('tell that a secret is set, and never what it is', async () => {
    const env = { HF_HOME: scratch, HF_TOKEN: 'hf_verysecret', OPENAI_API_KEY: 'sk-verysecret', EUS_EVAL_CACHE: scratch };
    const findings = await settingsFindings(false, env);
    expect(JSON.stringify(findings)).not.toContain('verysecret');
    expect([
      named(findings, 'HF_TOKEN')?.detail,
      named(findings, 'OPENAI_API_KEY')?.detail,
      named(findings, 'ANTHROPIC_API_KEY')?.status,
    ]).toEqual(['set', 'set', 'not needed']);
  });

  it('a cache that cannot be used says which variable moves it', async () => {
    const file = path.join(scratch, 'file');
    writeFileSync(file, '');
    const findings = await settingsFindings(false, { HF_HOME: path.join(file, 'below'), EUS_EVAL_CACHE: '/proc/nowhere' });
    expect(brief(named(findings, 'hub cache'))).toEqual(['wrong', expect.stringMatching(/^set HF_HOME to a folder/)]);
    expect(named(findings, 'own cache')?.detail).toMatch(/^\/proc\/nowhere/);
  });

  it('an endpoint that is none is one line', async () => {
    expect(brief(named(await settingsFindings(true, { HF_ENDPOINT: 'ftp://x' }), 'hub'))).toEqual(['wrong', 'correct the variable']);
  });

  it('the hub is asked with --network only, and never told the token', async () => {
    const hub = await startHub([{ kind: 'dataset', name: 'HiTZ/EusTrivia', revisions: { main: { 'README.md': 'x' } } }]);
    try {
      const env = { HF_HOME: scratch, HF_TOKEN: 'hf_t', HF_ENDPOINT: hub.endpoint };
      expect(named(await settingsFindings(false, env), 'hub')?.detail).toMatch(/not asked/);
      expect(hub.seen).toEqual([]);
      await settingsFindings(true, env);
      expect(hub.seen.map(({ authorization }) => authorization)).toEqual([undefined]);
    } finally {
      await hub.close();
    }
    const gone = named(await settingsFindings(true, { HF_HOME: scratch, HF_ENDPOINT: hub.endpoint }), 'hub');
    expect(gone?.status).toBe('wrong');
    expect(gone?.detail).toMatch(
      /^cannot reach http:\/\/127\.0\.0\.1:\d+: the connection failed \(ECONNREFUSED: nothing listens at 127\.0\.0\.1:\d+\)$/,
    );
  });
});

describe('CUDA', () => {
  const reader = (more: Partial<CudaReader> = {}): CudaReader => ({
    env: { EUS_EVAL_CACHE: path.join(scratch, 'empty') },
    cards: () => ({ cards: [{ name: 'NVIDIA L4', memoryBytes: 24e9 }], driver: '580.65.06' }),
    driver: () => '/usr/lib/libcuda.so.1',
    probe: async () => ({ error: null, runtime: null, seconds: 1 }),
    ...more,
  });

  it('is not needed where there is no card, and that is no fault', async () => {
    const findings = await cudaFindings(reader({ cards: () => ({ cards: [], driver: null }), driver: () => null }));
    expect(findings.map(({ name, status }) => [name, status])).toEqual([['NVIDIA card', 'not needed']]);
  });

  it('a card without setup: what is missing, and the command', async () => {
    const findings = await cudaFindings(reader());
    expect(named(findings, 'NVIDIA card')?.detail).toBe('NVIDIA L4, 24.0 GB');
    expect(named(findings, 'NVIDIA driver')?.status).toBe('ok');
    expect(brief(named(findings, 'CUDA libraries'))).toEqual(['missing', "run 'eus-eval setup cuda'"]);
    expect(brief(named(findings, 'CUDA session'))).toEqual(['missing', "run 'eus-eval setup cuda'"]);
    expect(cpuWorks(findings)).toBe(true);
  });

  it('what setup brought, package by package; a file cut short is named', async () => {
    const cache = path.join(scratch, 'full');
    const folder = path.join(cache, 'cuda');
    const entry = (name: string, file: string) => ({
      wheel: `${name}.whl`,
      name,
      version: '1.2',
      source: 'a folder of wheels',
      sha256: '',
      files: [{ name: file, size: 3, sha256: '' }],
      folder: name,
    });
    const packages = [entry('onnxruntime-gpu', 'libonnxruntime.so.1'), entry('nvidia-cublas', 'libcublas.so.13')];
    for (const { folder: name, files } of packages) {
      mkdirSync(path.join(folder, 'packages', name), { recursive: true });
      writeFileSync(path.join(folder, 'packages', name, files[0]?.name ?? ''), 'abc');
    }
    const version = runtimeVersion();
    writeFileSync(
      path.join(folder, `onnxruntime-${version}.json`),
      JSON.stringify({ format: 1, onnxruntime: version, packages, system: [] }),
    );
    const whole = await cudaFindings(reader({ env: { EUS_EVAL_CACHE: cache } }));
    expect(named(whole, 'CUDA: nvidia-cublas')).toMatchObject({ status: 'ok', detail: '1.2, 1 library' });
    writeFileSync(path.join(folder, 'packages/nvidia-cublas/libcublas.so.13'), 'ab');
    const torn = await cudaFindings(reader({ env: { EUS_EVAL_CACHE: cache } }));
    expect(named(torn, 'CUDA: onnxruntime-gpu')?.status).toBe('ok');
    expect(named(torn, 'CUDA: nvidia-cublas')).toMatchObject({
      status: 'wrong',
      detail: 'libcublas.so.13 is missing or cut short',
      mend: "run 'eus-eval setup cuda'",
    });
  });

  it('an old driver, and one that is not there', async () => {
    const old = await cudaFindings(reader({ cards: () => ({ cards: [{ name: 'L4', memoryBytes: null }], driver: '550.54' }) }));
    expect(brief(named(old, 'NVIDIA driver'))).toEqual(['wrong', 'install version 580 or newer']);
    const none = await cudaFindings(reader({ driver: () => null }));
    expect(named(none, 'NVIDIA driver')?.status).toBe('missing');
    const noCard = await cudaFindings(reader({ cards: () => ({ cards: [], driver: '580.1' }) }));
    expect(named(noCard, 'NVIDIA card')?.status).toBe('missing');
  });
});
