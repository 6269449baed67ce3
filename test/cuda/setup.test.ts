import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { probeSession } from '../../src/backends/onnx/probe.js';
import { cudaFolder } from '../../src/cuda/folders.js';
import { findCuda, Manifest, runtimeVersion } from '../../src/cuda/installed.js';
import { indexWheels, wheelSources } from '../../src/cuda/package-index.js';
import { removeCuda, type SetupOptions, type SetupResult, setupCuda, setupSummary } from '../../src/cuda/setup.js';
import { messageOf, UserError } from '../../src/errors.js';
import { eusEval } from '../cli/eus-eval.js';
import { type FakeIndex, makeWheel, makeZip, startIndex } from './fake-index.js';

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

function packages() {
  return {
    'onnxruntime-gpu': [
      {
        name: RUNTIME,
        content: makeWheel(
          'onnxruntime_gpu',
          VERSION,
          [
            'numpy>=1.21.6',
            'sympy; extra == "symbolic"',
            'nvidia-cuda-runtime~=13.0; extra == "cuda"',
            'nvidia-cudnn-cu13~=9.0; extra == "cudnn"',
          ],
          {
            [`onnxruntime/capi/libonnxruntime.so.${VERSION}`]: noise(5000, 1),
            'onnxruntime/capi/libonnxruntime_providers_cuda.so': noise(90_000, 2),
            'onnxruntime/capi/libonnxruntime_providers_shared.so': noise(100, 3),
            'onnxruntime/capi/libonnxruntime_providers_tensorrt.so': noise(100, 4),
            'onnxruntime/capi/onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so': noise(100, 5),
          },
        ),
      },
      { name: 'onnxruntime_gpu-99.0.0-cp311-cp311-manylinux_2_17_x86_64.whl', content: makeWheel('onnxruntime_gpu', '99.0.0', [], {}) },
    ],
    'nvidia-cuda-runtime': [
      wheel('nvidia_cuda_runtime', '13.0.1', [], 'libcudart.so.13', 'py3-none-manylinux2014_x86_64'),
      wheel('nvidia_cuda_runtime', '13.4.2', [], 'libcudart.so.13', 'py3-none-manylinux2014_x86_64'),
      { ...wheel('nvidia_cuda_runtime', '13.4.3', [], 'libcudart.so.13', 'py3-none-manylinux2014_x86_64'), yanked: true },
      wheel('nvidia_cuda_runtime', '13.5.0rc1', [], 'libcudart.so.13', 'py3-none-manylinux2014_x86_64'),
      wheel('nvidia_cuda_runtime', '13.9.0', [], 'libcudart.so.13', 'py3-none-manylinux_2_999_x86_64'),
      wheel('nvidia_cuda_runtime', '13.9.0', [], 'libcudart.so.13', 'py3-none-manylinux_2_27_aarch64'),
      wheel('nvidia_cuda_runtime', '14.0.0', [], 'libcudart.so.14', 'py3-none-manylinux2014_x86_64'),
    ],
    'nvidia-cudnn-cu13': [wheel('nvidia_cudnn_cu13', '9.28.0.42', ['nvidia-cublas'], 'libcudnn.so.9', 'py3-none-manylinux_2_17_x86_64')],
    'nvidia-cublas': [
      wheel('nvidia_cublas', '13.1.0', [], 'libcublas.so.13', 'py3-none-manylinux_2_17_x86_64'),
      wheel('nvidia_cublas', '14.0.0', [], 'libcublas.so.14', 'py3-none-manylinux_2_17_x86_64'),
    ],
  };
}

function wheel(name: string, version: string, requires: readonly string[], library: string, tags: string) {
  const libraries = {
    [`nvidia/cu13/lib/${library}`]: noise(40_000, version.length),
    [`nvidia/cu13/lib/stubs/${library}`]: noise(10, 1),
    'nvidia/__init__.py': Buffer.of(),
  };
  return { name: `${name}-${version}-${tags}.whl`, content: makeWheel(name, version, requires, libraries) };
}

const works: typeof probeSession = async () => ({ error: null, runtime: null, seconds: 1 });

let index: FakeIndex;
let cache: string;
let lines: string[];
beforeEach(async () => {
  index = await startIndex(packages());
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
  it('takes the newest release that fits, and what it needs in turn', async () => {
    const result = await setup();
    expect(result.resolved.map(({ wheel: { name, version } }) => `${name} ${version.text}`)).toEqual([
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
    expect(downloads()).toEqual(['nvidia_cublas-13.1.0-py3-none-manylinux_2_17_x86_64.whl']);
    expect(readFileSync(file)).toEqual(bytes);
    // What is published meanwhile is of no matter: the same is fetched again.
    index.packages.get('nvidia-cublas')?.push(wheel('nvidia_cublas', '13.9.0', [], 'libcublas.so.13', 'py3-none-manylinux_2_17_x86_64'));
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

  it('finishes the download that was begun, also when something newer has been published', async () => {
    const old = 'nvidia_cublas-13.1.0-py3-none-manylinux_2_17_x86_64.whl';
    mkdirSync(path.join(cache, 'cuda/downloads'), { recursive: true });
    writeFileSync(path.join(cache, 'cuda/downloads', `${old}.elsewhere-1.incomplete`), 'x');
    index.packages.get('nvidia-cublas')?.push(wheel('nvidia_cublas', '13.9.0', [], 'libcublas.so.13', 'py3-none-manylinux_2_17_x86_64'));
    await setup();
    expect(manifest().packages.find(({ name }) => name === 'nvidia-cublas')?.version).toBe('13.1.0');
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
    expect(downloads()).toEqual(['nvidia_cublas-13.1.0-py3-none-manylinux_2_17_x86_64.whl']);
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
    expect(result.downloadBytes).toBe(
      result.resolved.reduce(
        (sum, { wheel: { file } }) => sum + ([...index.packages.values()].flat().find(({ name }) => name === file)?.content.length ?? 0),
        0,
      ),
    );
    expect(lines.at(-1)).toMatch(/^to fetch: \d+ MB; on disk at most \d+ MB in /);
    expect(downloads()).toEqual([]);
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
    expect(messageOf(error)).toMatch(/answered with status 404; it has no such package/);
    expect(messageOf(error)).not.toContain('cret');
  });

  it.each([
    ['an unknown marker', ['nvidia-cuda-runtime~=13.0; extra == "cuda" and python_version >= "3.11"'], /the marker is not understood/],
    ['an unknown condition', ['nvidia-cuda-runtime===13.0; extra == "cuda"'], /the version condition "===13\.0" is not understood/],
    [
      'a version that nobody has',
      ['nvidia-cuda-runtime~=15.0; extra == "cuda"'],
      /nvidia-cuda-runtime ~=15\.0: .* has no wheel of it for Linux x86-64/,
    ],
    ['a package that nobody has', ['nvidia-nothing~=1.0; extra == "cuda"'], /package nvidia-nothing: .* answered with status 404/],
    ['only wheels for newer systems', ['nvidia-cuda-runtime==13.9.0; extra == "cuda"'], /every wheel needs a newer glibc/],
    ['no CUDA at all', ['numpy'], /names no CUDA libraries/],
    [
      'conditions that exclude each other',
      ['nvidia-cuda-runtime~=13.0; extra == "cuda"', 'nvidia-cuda-runtime~=14.0; extra == "cuda"'],
      /nvidia-cuda-runtime ~=13\.0, ~=14\.0: .* has no wheel/,
    ],
  ])('METADATA with %s is one clear line', async (_what, requires, message) => {
    index.packages.set('onnxruntime-gpu', [{ name: RUNTIME, content: makeWheel('onnxruntime_gpu', VERSION, requires, {}) }]);
    const error = await failure(setup());
    expect(error).toBeInstanceOf(UserError);
    expect(messageOf(error)).toMatch(message);
    expect(downloads()).toEqual([]);
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
    const metadata = { name: 'nvidia_cuda_runtime-13.4.2.dist-info/METADATA', content: Buffer.from('Name: x\n') };
    index.packages.set('nvidia-cuda-runtime', [
      { name: 'nvidia_cuda_runtime-13.4.2-py3-none-manylinux2014_x86_64.whl', content: makeZip([...entries, metadata]) },
    ]);
    const error = await failure(setup());
    expect(error).toBeInstanceOf(UserError);
    expect(messageOf(error)).toMatch(message);
    expect(readdirSync(cache, { recursive: true }).filter((name) => String(name).includes('libcudart'))).toEqual([]);
    expect(existsSync('/tmp/libcudart.so.13')).toBe(false);
    expect(findCuda({ EUS_EVAL_CACHE: cache }).origin).toBe('none');
  });

  it('refuses a file without a checksum', async () => {
    const file = index.packages.get('nvidia-cublas')?.[0];
    if (file !== undefined) index.packages.set('nvidia-cublas', [{ ...file, sha256: null }]);
    expect(messageOf(await failure(setup()))).toMatch(/gives no sha256 for it, so it cannot be checked/);
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
    const error = await failure(indexWheels({ ...sources, settings: { ...sources.settings, sleep: async () => {} } }, 'nvidia-cublas'));
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
    const env = { EUS_EVAL_CACHE: cache };
    const both = await Promise.all([0, 1].map(() => eusEval(['setup', 'cuda', '--index', index.url], env)));
    // The made-up libraries are none, so the trial must fail, in both alike.
    for (const { code, stdout, stderr } of both) {
      expect(stdout).toMatch(/^CUDA cannot be used: .*(invalid ELF header|file too short)/);
      expect(stderr).not.toMatch(/eus-eval:/);
      expect(code).toBe(2);
    }
    expect([...downloads()].sort()).toEqual([...new Set(downloads())].sort());
    expect(manifest().packages).toHaveLength(4);
    expect(readdirSync(path.join(cache, 'cuda/packages')).filter((name) => /lock|tmp|incomplete/.test(name))).toEqual([]);
  });
});
