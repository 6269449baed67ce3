import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { probeSession } from '../../src/backends/onnx/probe.js';
import { cudaFolder } from '../../src/cuda/folders.js';
import { findCuda, Manifest, runtimeVersion } from '../../src/cuda/installed.js';
import { type LockedWheel, lockedWheels, RUNTIME_PACKAGE, readLock, type WheelsLock } from '../../src/cuda/locked-wheel.js';
import { indexAddress, wheelSources } from '../../src/cuda/package-index.js';
import { removeCuda, type SetupOptions, type SetupResult, setupCuda, setupSummary } from '../../src/cuda/setup.js';
import { messageOf, UserError } from '../../src/errors.js';
import { packagePath } from '../../src/package-files.js';
import { type FakeIndex, type IndexFile, makeWheel, makeZip, startIndex } from './fake-index.js';

const VERSION = runtimeVersion() ?? '';
const RUNTIME = `onnxruntime_gpu-${VERSION}-cp311-cp311-manylinux_2_17_x86_64.whl`;
/** Not compressible, so that a cut download has something to go on with. */
function noise(bytes: number, seed: number): Buffer {
  const out = Buffer.alloc(bytes);
  let x = seed;
  for (let i = 0; i < bytes; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0;
    out[i] = x >> 16;
  }
  return out;
}

const CUBLAS = 'nvidia_cublas-13.1.0-py3-none-manylinux_2_17_x86_64.whl';
const CUDART = 'nvidia_cuda_runtime-13.4.2-py3-none-manylinux2014_x86_64.whl';

function packages(): Record<string, IndexFile[]> {
  const runtime = makeWheel('onnxruntime_gpu', VERSION, [], {
    [`onnxruntime/capi/libonnxruntime.so.${VERSION}`]: noise(5000, 1),
    'onnxruntime/capi/libonnxruntime_providers_cuda.so': noise(90_000, 2),
    'onnxruntime/capi/libonnxruntime_providers_shared.so': noise(100, 3),
    'onnxruntime/capi/libonnxruntime_providers_tensorrt.so': noise(100, 4),
    'onnxruntime/capi/onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so': noise(100, 5),
  });
  return {
    'onnxruntime-gpu': [
      { name: RUNTIME, content: runtime },
      { name: 'onnxruntime_gpu-99.0.0-cp311-cp311-manylinux_2_17_x86_64.whl', content: makeWheel('onnxruntime_gpu', '99.0.0', [], {}) },
    ],
    'nvidia-cuda-runtime': [
      wheel('nvidia_cuda_runtime', '13.4.1', 'libcudart.so.13', 'py3-none-manylinux2014_x86_64'),
      wheel('nvidia_cuda_runtime', '13.4.2', 'libcudart.so.13', 'py3-none-manylinux2014_x86_64'),
      wheel('nvidia_cuda_runtime', '13.4.2', 'libcudart.so.13', 'py3-none-manylinux_2_27_aarch64'),
    ],
    'nvidia-cudnn-cu13': [wheel('nvidia_cudnn_cu13', '9.28.0.42', 'libcudnn.so.9', 'py3-none-manylinux_2_17_x86_64')],
    'nvidia-cublas': [
      wheel('nvidia_cublas', '13.1.0', 'libcublas.so.13', 'py3-none-manylinux_2_17_x86_64'),
      wheel('nvidia_cublas', '14.0.0', 'libcublas.so.14', 'py3-none-manylinux_2_17_x86_64'),
    ],
  };
}

function wheel(name: string, version: string, library: string, tags: string): IndexFile {
  const libraries = {
    [`nvidia/cu13/lib/${library}`]: noise(40_000, version.length),
    [`nvidia/cu13/lib/stubs/${library}`]: noise(10, 1),
    'nvidia/__init__.py': Buffer.of(),
  };
  return { name: `${name}-${version}-${tags}.whl`, content: makeWheel(name, version, [], libraries) };
}

/** The made-up wheels that are wanted, out of those that the index has. */
const WANTED: readonly (readonly [name: string, version: string, file: string, unpackedBytes: number])[] = [
  [RUNTIME_PACKAGE, VERSION, RUNTIME, 95_100],
  ['nvidia-cuda-runtime', '13.4.2', CUDART, 40_000],
  ['nvidia-cudnn-cu13', '9.28.0.42', 'nvidia_cudnn_cu13-9.28.0.42-py3-none-manylinux_2_17_x86_64.whl', 40_000],
  ['nvidia-cublas', '13.1.0', CUBLAS, 40_000],
];

function lockOf(files: Readonly<Record<string, readonly IndexFile[]>>): WheelsLock {
  const wheels = WANTED.map(([name, version, file, unpackedBytes]): LockedWheel => {
    const content = files[name]?.find((one) => one.name === file)?.content ?? Buffer.of();
    return { name, version, file, size: content.length, sha256: createHash('sha256').update(content).digest('hex'), unpackedBytes };
  });
  return { onnxruntime: VERSION, glibc: [2, 17], wheels };
}

const works: typeof probeSession = async () => ({ error: null, runtime: null, seconds: 1 });

let index: FakeIndex;
let lock: WheelsLock;
let cache: string;
let lines: string[];
beforeEach(async () => {
  const files = packages();
  lock = lockOf(files);
  index = await startIndex(files);
  cache = mkdtempSync(path.join(tmpdir(), 'eus-eval-cuda-'));
  lines = [];
});
afterEach(async () => {
  await index.close();
  rmSync(cache, { recursive: true, force: true });
});

function setup(more: Partial<SetupOptions> = {}): Promise<SetupResult> {
  return setupCuda({
    index: index.url,
    wheels: null,
    dryRun: false,
    system: false,
    say: (line) => lines.push(line),
    onProgress: () => {},
    env: { EUS_EVAL_CACHE: cache },
    probe: works,
    lock,
    ...more,
  });
}
const failure = (running: Promise<unknown>): Promise<unknown> => running.then(() => null).catch((error: unknown) => error);
const manifest = (): Manifest =>
  Manifest.parse(JSON.parse(readFileSync(path.join(cudaFolder({ EUS_EVAL_CACHE: cache }), `onnxruntime-${VERSION}.json`), 'utf8')));
/** Requests for whole files, or the rest of them. */
const downloads = (): string[] =>
  index.seen
    .filter(({ path: at, range }) => at.startsWith('/files/') && (range === undefined || /^bytes=\d+-$/.test(range)))
    .map(({ path: at }) => at.slice('/files/'.length));

describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('setup cuda', () => {
  it('takes the wheels of the lock, whatever else the index has', async () => {
    const result = await setup();
    expect(result.wheels.map(({ name, version }) => `${name} ${version}`)).toEqual([
      `onnxruntime-gpu ${VERSION}`,
      'nvidia-cuda-runtime 13.4.2',
      'nvidia-cudnn-cu13 9.28.0.42',
      'nvidia-cublas 13.1.0',
    ]);
    expect(setupSummary(result).mend).toBe(false);
    const { packages: installed } = manifest();
    expect(installed.map(({ files }) => files.map(({ name }) => name))).toEqual([
      [`libonnxruntime.so.${VERSION}`, 'libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'],
      ['libcudart.so.13'],
      ['libcudnn.so.9'],
      ['libcublas.so.13'],
    ]);
    const first = installed[1];
    const library = path.join(cudaFolder({ EUS_EVAL_CACHE: cache }), 'packages', first?.folder ?? '', 'libcudart.so.13');
    expect(readFileSync(library)).toEqual(noise(40_000, '13.4.2'.length));
    const found = findCuda({ EUS_EVAL_CACHE: cache });
    expect(found.origin).toBe('setup');
    // The runtime comes last, and what the others load by themselves is not in the list.
    expect(found.origin === 'none' ? [] : found.libraries.map((file) => path.basename(file))).toEqual([
      'libcudart.so.13',
      'libcudnn.so.9',
      'libcublas.so.13',
      `libonnxruntime.so.${VERSION}`,
    ]);
    expect(readdirSync(path.join(cudaFolder({ EUS_EVAL_CACHE: cache }), 'downloads'))).toEqual([]);
  });

  it('asks nobody when everything is there, and mends what is damaged', async () => {
    await setup();
    index.seen.length = 0;
    await setup();
    expect(index.seen).toEqual([]);
    const entry = manifest().packages.find(({ name }) => name === 'nvidia-cublas');
    const file = path.join(cudaFolder({ EUS_EVAL_CACHE: cache }), 'packages', entry?.folder ?? '', 'libcublas.so.13');
    const bytes = readFileSync(file);
    writeFileSync(file, Buffer.concat([Buffer.of((bytes[0] ?? 0) ^ 1), bytes.subarray(1)]));
    await setup();
    expect(downloads()).toEqual([CUBLAS]);
    expect(readFileSync(file)).toEqual(bytes);
    truncateSync(file, 10);
    expect(findCuda({ EUS_EVAL_CACHE: cache })).toEqual({ origin: 'none', missing: 'libcublas.so.13' });
    await setup();
    expect(readFileSync(file)).toEqual(bytes);
  });

  it('goes on after a stop, downloads included', async () => {
    const size = index.packages.get('onnxruntime-gpu')?.[0]?.content.length ?? 0;
    const arrived = (): boolean =>
      readdirSync(path.join(cache, 'cuda/downloads')).some((name) => statSync(path.join(cache, 'cuda/downloads', name)).size >= 60_000);
    index.faults.push({ file: RUNTIME, kind: 'cut', bytes: 60_000, until: arrived });
    await setup();
    const ranges = index.seen
      .filter(({ path: at, range }) => at.endsWith(RUNTIME) && /^bytes=\d+-$/.test(range ?? ''))
      .map(({ range }) => range);
    expect(ranges).toHaveLength(1);
    const from = Number(/\d+/.exec(ranges[0] ?? '')?.[0]);
    expect(from).toBe(60_000);
    expect(size).toBeGreaterThan(60_000);
  });

  it('brings what another lock names, and leaves what both name', async () => {
    await setup();
    const newer = wheel('nvidia_cublas', '13.9.0', 'libcublas.so.13', 'py3-none-manylinux_2_17_x86_64');
    index.packages.get('nvidia-cublas')?.push(newer);
    const sha256 = createHash('sha256').update(newer.content).digest('hex');
    const wheels = lock.wheels.map((one) =>
      one.name === 'nvidia-cublas' ? { ...one, version: '13.9.0', file: newer.name, size: newer.content.length, sha256 } : one,
    );
    // Whole libraries of the same runtime are kept; damaged ones are the occasion to bring what is wanted now.
    await setup({ lock: { ...lock, wheels } });
    expect(downloads()).toHaveLength(4);
    const entry = manifest().packages.find(({ name }) => name === 'nvidia-cudnn-cu13');
    truncateSync(path.join(cache, 'cuda/packages', entry?.folder ?? '', 'libcudnn.so.9'), 10);
    index.seen.length = 0;
    await setup({ lock: { ...lock, wheels } });
    expect(downloads().sort()).toEqual([newer.name, lock.wheels[2]?.file].sort());
  });

  it('goes on where a setup was killed between packages: no manifest, but a package that is whole', async () => {
    await setup();
    rmSync(path.join(cudaFolder({ EUS_EVAL_CACHE: cache }), `onnxruntime-${VERSION}.json`));
    const cublas = readdirSync(path.join(cache, 'cuda/packages')).find((name) => /^nvidia-cublas.*json$/.test(name)) ?? '';
    rmSync(path.join(cache, 'cuda/packages', cublas));
    // What a killed process leaves while it unpacks.
    mkdirSync(path.join(cache, 'cuda/packages', `${cublas.replace(/\.json$/, '')}.0000.tmp`));
    expect(findCuda({ EUS_EVAL_CACHE: cache }).origin).toBe('none');
    index.seen.length = 0;
    await setup();
    expect(downloads()).toEqual([CUBLAS]);
    expect(readdirSync(path.join(cache, 'cuda/packages')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('refuses content that differs from its checksum, and leaves nothing that looks finished', async () => {
    const bad = { file: RUNTIME, kind: 'corrupt' as const, bytes: 50_000 };
    index.faults.push(bad, bad);
    const error = await failure(setup());
    expect(error).toBeInstanceOf(UserError);
    expect(messageOf(error)).toMatch(/onnxruntime_gpu.*the content does not match its checksum .* twice/);
    expect(readdirSync(path.join(cache, 'cuda/packages'))).toEqual([]);
    expect(findCuda({ EUS_EVAL_CACHE: cache }).origin).toBe('none');
  });

  it('says beforehand when the disk is too small, and fetches nothing', async () => {
    const error = await failure(setup({ freeBytes: async () => 5_000_000 }));
    expect(messageOf(error)).toMatch(
      /^CUDA's libraries need 0\.2 GB on the disk, but .* has 0\.0 GB left; free some, or set EUS_EVAL_CACHE to another disk$/,
    );
    expect(downloads()).toEqual([]);
  });

  it('only says what it would do with --dry-run', async () => {
    const result = await setup({ dryRun: true });
    expect(result.downloadBytes).toBe(lock.wheels.reduce((sum, { size }) => sum + size, 0));
    // All libraries, and the largest wheel beside them.
    expect(result.diskBytes).toBe(215_100 + Math.max(...lock.wheels.map(({ size }) => size)));
    expect(lines.at(-1)).toMatch(/^to fetch: \d+ MB; on disk at most \d+ MB in /);
    expect(index.seen).toEqual([]);
    expect(readdirSync(cache)).toEqual([]);
  });

  it('uses wheels of a folder first, and then no network at all', async () => {
    const folder = mkdtempSync(path.join(cache, 'wheels-'));
    for (const { name, content } of [...index.packages.values()].flat()) writeFileSync(path.join(folder, name), content);
    await setup({ wheels: folder, index: 'https://nowhere.invalid/simple' });
    expect(index.seen).toEqual([]);
    expect(manifest().packages).toHaveLength(4);
    expect(existsSync(path.join(folder, RUNTIME))).toBe(true);
    // The record tells no path of this machine.
    expect(JSON.stringify(manifest())).not.toContain(cache);
  });

  it('reads an index that speaks HTML only, and one that gives no parts of files', async () => {
    index.manners.html = true;
    index.manners.ranges = false;
    await setup();
    expect(manifest().packages.map(({ version }) => version)).toEqual([VERSION, '13.4.2', '9.28.0.42', '13.1.0']);
    expect(new Set(downloads()).size).toBe(downloads().length);
  });

  it('gives the name and password of an index to that index only, and shows them nowhere', async () => {
    const url = index.url.replace('http://', 'http://me:s%3Acret@');
    await setup({ index: url });
    expect(new Set(index.seen.map(({ authorization }) => authorization))).toEqual(
      new Set([`Basic ${Buffer.from('me:s:cret').toString('base64')}`]),
    );
    expect(JSON.stringify(manifest()) + lines.join()).not.toContain('cret');
    const error = await failure(setup({ index: url.replace('/simple', '/other'), env: { EUS_EVAL_CACHE: path.join(cache, 'b') } }));
    expect(messageOf(error)).toMatch(/^package onnxruntime-gpu: .*answered with status 404; it has no such package/);
    expect(messageOf(error)).not.toContain('cret');
  });

  it('says before the first download what the index does not have, or has with other content', async () => {
    const file = index.packages.get('nvidia-cublas')?.[0];
    if (file === undefined) throw new Error('no file');
    for (const [files, message] of [
      [[], /^http.* does not have nvidia_cublas-13\.1\.0-.*\.whl; give another with --index, or the wheels with --wheels DIR$/],
      [[{ ...file, sha256: 'ab'.repeat(32) }], /^nvidia_cublas-13\.1\.0-.*\.whl: what http.* has under this name is another file/],
    ] as const) {
      index.packages.set('nvidia-cublas', [...files]);
      const error = await failure(setup());
      expect(error).toBeInstanceOf(UserError);
      expect(messageOf(error)).toMatch(message);
      expect(downloads()).toEqual([]);
    }
  });

  it('takes a file of an index without checksums: that of the lock decides', async () => {
    const file = index.packages.get('nvidia-cublas')?.[0];
    if (file === undefined) throw new Error('no file');
    const other = Buffer.from(file.content);
    other[100] = (other[100] ?? 0) ^ 1;
    index.packages.set('nvidia-cublas', [{ ...file, content: other, sha256: null }]);
    expect(messageOf(await failure(setup()))).toMatch(/nvidia_cublas.*the content does not match its checksum/);
    index.packages.set('nvidia-cublas', [{ ...file, sha256: null }]);
    await setup();
    expect(manifest().packages).toHaveLength(4);
  });

  it('refuses a file of a folder that is not the one of the lock', async () => {
    const folder = mkdtempSync(path.join(cache, 'wheels-'));
    const content = Buffer.from(index.packages.get(RUNTIME_PACKAGE)?.[0]?.content ?? '');
    content[100] = (content[100] ?? 0) ^ 1;
    writeFileSync(path.join(folder, RUNTIME), content);
    expect(messageOf(await failure(setup({ wheels: folder })))).toBe(
      `${path.join(folder, RUNTIME)}: the content does not match the checksum of this wheel; fetch it again, or remove it`,
    );
    truncateSync(path.join(folder, RUNTIME), 10);
    expect(messageOf(await failure(setup({ wheels: folder })))).toMatch(/not the file that is wanted \(10 bytes instead of \d+\)/);
    expect(downloads()).toEqual([]);
  });

  it('the real lock is for the runtime that is installed, and names each wheel once', () => {
    const { onnxruntime, wheels } = readLock();
    expect(onnxruntime).toBe(VERSION);
    expect(wheels[0]?.name).toBe(RUNTIME_PACKAGE);
    expect(wheels).toHaveLength(8);
    expect(new Set(wheels.map(({ sha256 }) => sha256)).size).toBe(8);
    for (const { name, version, file, size, sha256, unpackedBytes } of wheels) {
      expect(file).toMatch(new RegExp(`^${name.replaceAll('-', '_')}-${version}-.*manylinux\\w*_x86_64\\.whl$`));
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      // Libraries shrink in a wheel to more than a quarter; cudart is a small part of its wheel.
      expect(unpackedBytes / size).toBeGreaterThan(0.3);
      expect(unpackedBytes / size).toBeLessThan(4);
    }
  });

  it('is for one version of the runtime, and for a glibc that is new enough', () => {
    const here = { version: VERSION, glibc: [2, 28], runtimeOnly: false } as const;
    expect(lockedWheels(readLock(), here)).toHaveLength(8);
    expect(lockedWheels(readLock(), { ...here, runtimeOnly: true }).map(({ name }) => name)).toEqual([RUNTIME_PACKAGE]);
    expect(() => lockedWheels(readLock(), { ...here, version: '1.29.0' })).toThrow(
      /but 1\.29\.0 is installed; run 'npm install onnxruntime-node@/,
    );
    expect(() => lockedWheels(readLock(), { ...here, glibc: [2, 27] })).toThrow(/need glibc 2\.28 or newer, and this machine has 2\.27$/);
  });

  it.each([
    ['a path that climbs out', [{ name: '../../lib/libcudart.so.13', content: noise(10, 1) }], /invalid relative path/],
    ['an absolute path', [{ name: '/tmp/libcudart.so.13', content: noise(10, 1) }], /absolute path/],
    [
      'two libraries of one name',
      [
        { name: 'a/libcudart.so.13', content: noise(10, 1) },
        { name: 'b/libcudart.so.13', content: noise(10, 2) },
      ],
      /holds two libraries called libcudart\.so\.13/,
    ],
    [
      'more bytes than it says',
      [{ name: 'a/libcudart.so.13', content: noise(1000, 1), claimedSize: 10 }],
      /cannot be unpacked: too many bytes/,
    ],
    ['no library', [{ name: 'a/readme', content: noise(10, 1) }], /holds no shared library/],
  ])('a wheel with %s is refused', async (_what, entries, message) => {
    const files = { ...packages(), 'nvidia-cuda-runtime': [{ name: CUDART, content: makeZip(entries) }] };
    index.packages.set('nvidia-cuda-runtime', files['nvidia-cuda-runtime']);
    const error = await failure(setup({ lock: lockOf(files) }));
    expect(error).toBeInstanceOf(UserError);
    expect(messageOf(error)).toMatch(message);
    expect(readdirSync(cache, { recursive: true }).filter((name) => String(name).includes('libcudart'))).toEqual([]);
    expect(existsSync('/tmp/libcudart.so.13')).toBe(false);
    expect(findCuda({ EUS_EVAL_CACHE: cache }).origin).toBe('none');
  });

  it.each([
    [
      'libcuda.so.1: cannot open shared object file: No such file or directory',
      /^all libraries are in place; .*driver is missing \(libcuda\.so\.1 not found\)/,
      false,
    ],
    [
      'CUDA failure 35: CUDA driver version is insufficient ; GPU=-1 ; hostname=h',
      /^all libraries are in place; .*too old for CUDA 13 \(CUDA error 35\)/,
      false,
    ],
    ['CUDA failure 100: no CUDA-capable device is detected', /^all libraries are in place; .*no NVIDIA card can be used/, false],
    [
      'libcufft.so.12: cannot open shared object file',
      /^CUDA cannot be used: libcufft\.so\.12 is not there; run 'eus-eval setup cuda'/,
      true,
    ],
  ])('ends with what the trial says: %s', async (error, line, mend) => {
    const result = await setup({ probe: async () => ({ error, runtime: null, seconds: 0 }) });
    expect(setupSummary(result).line).toMatch(line);
    expect(setupSummary(result).mend).toBe(mend);
  });

  it('says what to do where the index cannot be reached', async () => {
    await index.close();
    const sources = await wheelSources({ index: index.url, wheels: null }, { EUS_EVAL_CACHE: cache });
    const cublas = lock.wheels.find(({ name }) => name === 'nvidia-cublas');
    if (cublas === undefined) throw new Error('no wheel');
    const error = await failure(indexAddress({ ...sources, settings: { ...sources.settings, sleep: async () => {} } }, cublas));
    expect(messageOf(error)).toBe(
      `package nvidia-cublas: cannot reach ${index.url}: the connection failed (ECONNREFUSED: nothing listens at ${new URL(index.url).host}); check the connection, --index and the proxy, or give a folder of wheels with --wheels DIR`,
    );
  });

  it.each([
    [{ UV_DEFAULT_INDEX: 'own=https://a.example/simple/', PIP_INDEX_URL: 'https://b.example/simple' }, 'https://a.example/simple'],
    [{ PIP_INDEX_URL: 'https://b.example/simple' }, 'https://b.example/simple'],
    [{}, 'https://pypi.org/simple'],
  ])('with %j the index is %s', async (env, endpoint) => {
    expect((await wheelSources({ index: null, wheels: null }, env)).settings.endpoint).toBe(endpoint);
    expect((await wheelSources({ index: 'https://c.example/x', wheels: null }, env)).settings.endpoint).toBe('https://c.example/x');
  });

  it('removes all of it', async () => {
    await setup();
    expect(await removeCuda({ EUS_EVAL_CACHE: cache })).toBe(true);
    expect(readdirSync(cache)).toEqual([]);
    expect(await removeCuda({ EUS_EVAL_CACHE: cache })).toBe(false);
  });

  it('two at the same time share the work', async () => {
    // Two processes: within one, they would share its locks.
    const script = `import { setupCuda } from ${JSON.stringify(packagePath('dist/cuda/setup.js'))};
      const probe = async () => ({ error: null, runtime: null, seconds: 0 });
      const quiet = { say: () => {}, onProgress: () => {}, probe };
      await setupCuda({ ...JSON.parse(process.argv[1]), ...quiet });`;
    const options = { index: index.url, wheels: null, dryRun: false, system: false, env: { EUS_EVAL_CACHE: cache }, lock };
    const codes = [0, 1].map(() => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, JSON.stringify(options)], { stdio: 'inherit' });
      return new Promise((resolve) => child.on('exit', resolve));
    });
    expect(await Promise.all(codes)).toEqual([0, 0]);
    expect([...downloads()].sort()).toEqual([...new Set(downloads())].sort());
    expect(manifest().packages).toHaveLength(4);
    expect(readdirSync(path.join(cache, 'cuda/packages')).filter((name) => /lock|tmp|incomplete/.test(name))).toEqual([]);
  });
});
