/**
 * Writes `cuda-wheels.json`: the wheels that CUDA needs for the pinned version of onnxruntime-node. Run after that version was raised:
 *
 *   npm run build && node scripts/lock-cuda.js [FOLDER]
 *
 * pip chooses and fetches the wheels (about 1.6 GB, into FOLDER, where what is there already is not fetched again; else into a temporary folder); sizes and
 * checksums are computed from the files.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runtimeVersion } from '../dist/cuda/installed.js';
import { unpackLibraries } from '../dist/cuda/wheel-file.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const version = runtimeVersion();
if (version === null) throw new Error("onnxruntime-node is not installed; run 'npm ci'");

const scratch = await mkdtemp(path.join(tmpdir(), 'lock-cuda-'));
try {
  const folder = process.argv[2] ?? path.join(scratch, 'wheels');
  await mkdir(folder, { recursive: true });
  download(folder);
  const wheels = [];
  for (const file of (await readdir(folder)).sort()) {
    if (/^(?:onnxruntime_gpu|nvidia_\w+)-.*\.whl$/.test(file)) wheels.push(await describe(folder, file));
  }
  // The runtime first: where a wheel cannot be had, it is the one whose absence says most.
  wheels.sort((a, b) => Number(b.name === 'onnxruntime-gpu') - Number(a.name === 'onnxruntime-gpu'));
  const glibc = wheels.map(({ file }) => glibcOf(file)).sort(([a, b], [c, d]) => c - a || d - b)[0];
  // In the form that the formatter of this repository gives it.
  const text = JSON.stringify({ onnxruntime: version, glibc, wheels }, null, 2).replace(/\[\s+(\d+),\s+(\d+)\s+\]/, '[$1, $2]');
  await writeFile(path.join(root, 'cuda-wheels.json'), `${text}\n`);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** The oldest systems that ONNX Runtime's wheels run on, and one Python of many: only libraries that know no Python are taken. */
function download(folder) {
  const platforms = ['manylinux_2_28_x86_64', 'manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64'];
  const python = ['--python-version', '3.11', '--implementation', 'cp', '--abi', 'cp311', '--abi', 'none'];
  const args = ['-m', 'pip', 'download', '--only-binary', ':all:', ...python, ...platforms.flatMap((tag) => ['--platform', tag])];
  const { status } = spawnSync('python3', [...args, '-d', folder, `onnxruntime-gpu[cuda,cudnn]==${version}`], { stdio: 'inherit' });
  if (status !== 0) throw new Error('pip could not fetch the wheels');
}

async function describe(folder, file) {
  const [distribution, release] = file.split('-');
  const name = distribution.replaceAll('_', '-');
  const local = path.join(folder, file);
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(local)) hash.update(chunk);
  const target = await mkdtemp(path.join(scratch, 'unpacked-'));
  const libraries = await unpackLibraries({ name, file }, local, target);
  await rm(target, { recursive: true });
  const unpackedBytes = libraries.reduce((sum, { size }) => sum + size, 0);
  return { name, version: release, file, size: (await stat(local)).size, sha256: hash.digest('hex'), unpackedBytes };
}

/** The glibc that a wheel needs: of several tags the least (PEP 600; manylinux2014 and older ones have such a tag beside them, or need no more than 2.17). */
function glibcOf(file) {
  const tags = [...file.matchAll(/manylinux_(\d+)_(\d+)_x86_64/g)].map(([, major, minor]) => [Number(major), Number(minor)]);
  return tags.sort(([a, b], [c, d]) => a - c || b - d)[0] ?? [2, 17];
}
