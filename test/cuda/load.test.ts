import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { probeSession } from '../../src/backends/onnx/probe.js';
import { ownCache } from '../../src/cache-folders.js';
import { cardOf, visibleCards } from '../../src/cuda/cards.js';
import { explainCuda, faultLine } from '../../src/cuda/explain.js';
import { cudaFolder } from '../../src/cuda/folders.js';
import { findCuda, runtimeVersion } from '../../src/cuda/installed.js';
import { loadedRuntimes, loadLibraries, loadOne, prepareCuda } from '../../src/cuda/load.js';
import { setupCuda } from '../../src/cuda/setup.js';
import { systemLibraries, systemLibrary } from '../../src/cuda/system-libraries.js';
import { eusEval } from '../cli/eus-eval.js';

const scratch = mkdtempSync(path.join(tmpdir(), 'eus-eval-load-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const linux = process.platform === 'linux' && process.arch === 'x64';
const compiler = linux && spawnSync('cc', ['--version']).status === 0;

/** Compiles a library; returns its path. */
function compile(name: string, code: string, options: readonly string[] = []): string {
  const source = path.join(scratch, `${name}.c`);
  writeFileSync(source, code);
  const file = path.join(scratch, name);
  const { status, stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', file, `-Wl,-soname,${name}`, source, ...options], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return file;
}

describe.skipIf(!linux)('loading libraries', () => {
  it('says what the linker says of one that is not there', () => {
    expect(loadOne('libnowhere.so.7')).toMatch(/libnowhere\.so\.7: cannot open shared object file/);
    expect(loadLibraries([path.join(scratch, 'libnone.so')])).toHaveLength(1);
  });

  it.skipIf(!compiler)('keeps a library that is no addon, and gives it to another that asks for its name, in any order', () => {
    const base = compile('libeusbase.so.3', 'int eus_base(void) { return 42; }');
    const user = compile('libeususer.so.1', 'int eus_base(void); int eus_user(void) { return eus_base(); }', [base]);
    // The linker finds libeusbase.so.3 nowhere by itself.
    expect(loadOne(user)).toMatch(/libeusbase\.so\.3: cannot open shared object file/);
    expect(loadLibraries([user, base])).toEqual([]);
  });

  it('refuses CUDA in a process that already runs ONNX Runtime on the CPU', async () => {
    // In a process of its own: loaded libraries stay.
    const code = `
      import { prepareCuda, loadedRuntimes } from ${JSON.stringify(path.resolve('dist/cuda/load.js'))};
      await import('onnxruntime-node');
      console.log(loadedRuntimes().length);
      try { prepareCuda(['/nowhere/libonnxruntime.so.1.2.3']); } catch (error) { console.log(error.message); }`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    expect(stdout.trim().split('\n')).toEqual(['1', 'this process already runs a model on the CPU; CUDA needs a process of its own']);
    expect(loadedRuntimes()).toEqual([]);
    if (systemLibrary('libcuda.so.1') === null) expect(() => prepareCuda([])).toThrow(/libcuda\.so\.1: cannot open shared object file/);
  });
});

describe('a trial session', () => {
  it('computes right on the CPU, with the runtime of node_modules', async () => {
    const reply = await probeSession({ provider: 'cpu', deviceId: 0, libraries: [] });
    expect(reply.error).toBeNull();
    if (linux) expect(reply.runtime).toMatch(/node_modules\/onnxruntime-node\//);
  });

  it('survives a process that dies without a word', async () => {
    const file = path.join(scratch, 'dies.mjs');
    writeFileSync(file, 'process.kill(process.pid, "SIGSEGV"); await new Promise(() => setInterval(() => {}, 1000));');
    const reply = await probeSession({ provider: 'cpu', deviceId: 0, libraries: [] }, file);
    expect(reply.error).toBe('the trial session ended with signal SIGSEGV and said nothing');
  });
});

describe('messages about CUDA', () => {
  // The second and third are what onnxruntime-gpu 1.30.0 said when it was loaded with a stand-in for the driver.
  const long = (failure: string): string =>
    `/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:146 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, int) [with ERRTYPE = cudaError; bool THRW = true] ${failure} ; GPU=-1 ; hostname=vm ; file=/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_execution_provider.cc ; line=352 ; expr=cudaSetDevice(info_.device_id);`;
  it.each([
    ['libcuda.so.1: cannot open shared object file: No such file or directory', 'driver', /libcuda\.so\.1 not found.*install the driver/],
    [
      long('CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version'),
      'old driver',
      /CUDA error 35\); install version 580 or newer$/,
    ],
    [long('CUDA failure 36: API call is not supported in the installed CUDA driver'), 'old driver', /CUDA error 36\)/],
    [long('CUDA failure 100: no CUDA-capable device is detected'), 'card', /no NVIDIA card can be used/],
    [long('CUDA failure 101: invalid device ordinal'), 'card', /no card of this number/],
    [long('CUDA failure 2: out of memory'), 'memory', /too little free memory/],
    [
      'libcublasLt.so.13: cannot open shared object file: No such file or directory',
      'library',
      /^libcublasLt\.so\.13 is not there; run 'eus-eval setup cuda'$/,
    ],
    ['OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library', 'library', /cannot be loaded/],
    [long('CUDA failure 719: unspecified launch failure'), 'other', /^CUDA failure 719: unspecified launch failure$/],
    ['This is an invalid model', 'other', /^This is an invalid model$/],
  ] as const)('%s', (message, kind, line) => {
    const fault = explainCuda(message);
    expect(fault.kind).toBe(kind);
    expect(faultLine(fault)).toMatch(line);
    expect(faultLine(fault)).not.toMatch(/hostname|conditional_t/);
  });
});

describe('cards', () => {
  it('none where the kernel shows none', () => {
    expect(visibleCards(path.join(scratch, 'none'), () => null)).toEqual({ cards: [], driver: null });
  });

  it('come from what nvidia-smi and the kernel say', () => {
    const proc = path.join(scratch, 'nvidia');
    mkdirSync(path.join(proc, 'gpus/0000:01:00.0'), { recursive: true });
    writeFileSync(
      path.join(proc, 'version'),
      'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (root@host)\nGCC version: gcc 12\n',
    );
    writeFileSync(path.join(proc, 'gpus/0000:01:00.0/information'), 'Model: \t\t NVIDIA H100 80GB HBM3\nIRQ:   \t\t 12\n');
    expect(visibleCards(proc, () => null)).toEqual({ cards: [{ name: 'NVIDIA H100 80GB HBM3', memoryBytes: null }], driver: '580.65.06' });
    expect(visibleCards(proc, () => 'NVIDIA H100 80GB HBM3, 81559, 580.65.06\nNVIDIA L4, 23034, 580.65.06\n')).toEqual({
      cards: [
        { name: 'NVIDIA H100 80GB HBM3', memoryBytes: 81559 * 1024 ** 2 },
        { name: 'NVIDIA L4', memoryBytes: 23034 * 1024 ** 2 },
      ],
      driver: '580.65.06',
    });
  });
});

describe('the card of a number', () => {
  const two = { cards: ['a', 'b'].map((name) => ({ name, memoryBytes: null })), driver: null };
  it.each([
    [0, {}, 'a'],
    [1, {}, 'b'],
    [2, {}, undefined],
    [0, { CUDA_VISIBLE_DEVICES: '1,0' }, 'b'],
    [1, { CUDA_VISIBLE_DEVICES: ' 1, 0' }, 'a'],
    [0, { CUDA_VISIBLE_DEVICES: 'GPU-8932f937' }, undefined],
    [0, { CUDA_VISIBLE_DEVICES: '' }, undefined],
  ])('%i with %j', (number, env, name) => expect(cardOf(two, number, env)?.name).toBe(name));
});

describe('folders and libraries of the system', () => {
  it('the cache is where the variables say', () => {
    expect(ownCache({ EUS_EVAL_CACHE: '/a/b' })).toBe('/a/b');
    expect(cudaFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/eus-eval/cuda');
    expect(ownCache({ XDG_CACHE_HOME: 'relative' })).toMatch(/\/\.cache\/eus-eval$/);
  });

  it('LD_LIBRARY_PATH and CUDA_HOME are looked into', () => {
    const file = path.join(scratch, 'libcudnn.so.9');
    writeFileSync(file, '');
    expect(systemLibrary('libcudnn.so.9', { LD_LIBRARY_PATH: `relative:${scratch}` })).toBe(file);
    expect(systemLibraries({ LD_LIBRARY_PATH: scratch }).found).toContain(file);
  });
});

/**
 * The real libraries, where somebody has them: a folder with the wheels of onnxruntime-gpu and NVIDIA (or what is missing of them is fetched). With a
 * compiler, a stand-in for the driver shows that everything is loaded and that the runtime gets as far as the first call of the driver.
 */
const WHEELS = process.env.EUS_EVAL_CUDA_WHEELS ?? '';
describe.skipIf(WHEELS === '' || !linux)('with the real libraries (EUS_EVAL_CUDA_WHEELS names a folder with the wheels)', () => {
  const cache = path.join(scratch, 'cache');
  const env = { EUS_EVAL_CACHE: cache };

  it('setup gets as far as the driver or the card', { timeout: 900_000 }, async () => {
    const result = await setupCuda({
      index: null,
      wheels: WHEELS,
      dryRun: false,
      system: false,
      say: () => {},
      onProgress: () => {},
      env: { ...process.env, ...env },
      probe: probeSession,
    });
    expect([null, 'driver', 'old driver', 'card']).toContain(result.verified?.fault?.kind ?? null);
    expect(readdirSync(path.join(cache, 'cuda'))).toContain(`onnxruntime-${runtimeVersion()}.json`);
  });

  it.skipIf(!compiler || systemLibrary('libcuda.so.1') !== null)(
    'with a stand-in for the driver, only the driver fails',
    { timeout: 120_000 },
    async () => {
      const provider = findCuda(env);
      if (provider.origin === 'none') throw new Error(provider.missing);
      const listed = spawnSync('nm', ['-D', '--undefined-only', provider.provider, ...provider.libraries], { encoding: 'utf8' }).stdout;
      const names = new Set([...listed.matchAll(/ U (cu[A-Z]\w+)$/gm)].map(([, name]) => name ?? ''));
      for (const name of ['cuInit', 'cuGetProcAddress_v2', 'cuGetExportTable']) names.add(name);
      names.delete('cuDriverGetVersion');
      const tell = 'fprintf(stderr, "TF32=%s\\n", getenv("NVIDIA_TF32_OVERRIDE"));';
      compile(
        'libcuda.so.1',
        [
          '#include <stdio.h>',
          '#include <stdlib.h>',
          `__attribute__((constructor)) static void loaded(void) { ${tell} }`,
          'int cuDriverGetVersion(int *version) { *version = 11000; return 0; }',
          ...[...names].map((name) => `int ${name}(void) { return 100; }`),
        ].join('\n'),
      );
      const run = await eusEval(['run', '--limit', '1', '--device', 'cuda', '--out', path.join(scratch, 'out')], {
        ...env,
        LD_LIBRARY_PATH: scratch,
      });
      expect(run.stderr).toMatch(/TF32=0/);
      expect(run.stderr).toMatch(
        /eus-eval: --device cuda: NVIDIA's driver is too old for CUDA 13 \(CUDA error 35\); install version 580 or newer\n$/,
      );
      expect(run.code).toBe(2);
    },
  );
});
