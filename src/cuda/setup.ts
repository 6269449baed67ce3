/** `eus-eval setup cuda`: fetches, unpacks and tries the libraries that CUDA needs. */
import { rm, stat } from 'node:fs/promises';
import type { Env } from '../cache-folders.js';
import { UserError } from '../errors.js';
import type { Progress } from '../hub/progress.js';
import { cardOf, visibleCards } from './cards.js';
import { type CudaFault, explainCuda, faultLine, missingLibrary } from './explain.js';
import { cudaFolder } from './folders.js';
import { glibcVersion } from './glibc.js';
import { type InstallOptions, install, planInstall, removeDamaged } from './install.js';
import { findCuda, readSetup, runtimeVersion } from './installed.js';
import { type LockedWheel, lockedWheels, readLock, type WheelsLock } from './locked-wheel.js';
import { locate, wheelSources } from './package-index.js';
import type { Probe } from './probe-types.js';
import { systemLibraries } from './system-libraries.js';

export interface SetupOptions {
  readonly index: string | null;
  readonly wheels: string | null;
  readonly dryRun: boolean;
  /** NVIDIA's libraries of the system instead of own copies. */
  readonly system: boolean;
  readonly say: (line: string) => void;
  readonly onProgress: (progress: Progress) => void;
  readonly env?: Env;
  /** The wheels to have; a test gives others. */
  readonly lock?: WheelsLock;
  readonly freeBytes?: InstallOptions['freeBytes'];
  /** Tries a session; a test replaces it. */
  readonly probe: Probe;
}

export interface SetupResult {
  readonly folder: string;
  /** What must be there; empty where everything was. */
  readonly wheels: readonly LockedWheel[];
  readonly downloadBytes: number;
  readonly diskBytes: number;
  /** Null for a dry run. */
  readonly verified: { readonly fault: CudaFault | null; readonly seconds: number } | null;
}

/**
 * Brings the CUDA libraries into this program's cache folder and opens a session with them. Nothing outside that folder changes. What is there already is
 * checked and kept; a setup that was stopped goes on.
 *
 * Throws `UserError` on a platform without such libraries, and for every fault of the network, the disk, the index and the wheels. A missing driver or
 * card is no error: `verified.fault` says it.
 */
export async function setupCuda(options: SetupOptions): Promise<SetupResult> {
  const env = options.env ?? process.env;
  const glibc = checkPlatform();
  const version = runtimeVersion();
  if (version === null) throw new UserError("onnxruntime-node is not installed; run 'npm install' in the folder of this package");
  const folder = cudaFolder(env);
  const before = readSetup(env);
  let damaged: readonly string[] = [];
  if (before !== null) {
    damaged = await removeDamaged(before, options.dryRun);
    if (damaged.length > 0) options.say(`damaged, so to be fetched again: ${damaged.join(', ')}`);
    else if (before.torn === null && before.manifest.system.length > 0 === options.system) {
      // A later version of this program may name newer libraries; those that are here fit, and nobody asked for others.
      options.say(`everything is there already, and every file has its checksum: ${folder}`);
      const kept = { folder, wheels: [], downloadBytes: 0, diskBytes: 0 };
      return { ...kept, verified: options.dryRun ? null : await verify(env, options.probe) };
    }
  }
  const sources = await wheelSources({ index: options.index, wheels: options.wheels }, env);
  const system = options.system ? takeSystem(env) : [];
  const wheels = lockedWheels(options.lock ?? readLock(), { version, glibc, runtimeOnly: options.system });
  const located = await Promise.all(wheels.map((wheel) => locate(sources, wheel)));
  const plan = await planInstall(folder, located, damaged);
  describe(options.say, folder, plan, system);
  const result = { folder, wheels, downloadBytes: plan.downloadBytes, diskBytes: plan.diskBytes };
  if (options.dryRun) return { ...result, verified: null };
  const { say, onProgress, freeBytes } = options;
  await install({ sources, folder, onProgress, say, ...(freeBytes === undefined ? {} : { freeBytes }) }, version, located, system);
  say('everything is unpacked; opening a session on the card');
  return { ...result, verified: await verify(env, options.probe) };
}

/**
 * Opens a session with what is installed and says what is wrong with it, or null.
 */
export async function verify(env: Env, probe: Probe): Promise<{ fault: CudaFault | null; seconds: number }> {
  const found = findCuda(env);
  if (found.origin === 'none') return { fault: missingLibrary(found.missing), seconds: 0 };
  const { error, seconds } = await probe({ provider: 'cuda', deviceId: 0, libraries: found.libraries });
  return { fault: error === null ? null : explainCuda(error), seconds };
}

/**
 * Deletes everything that setup brought. Returns false when there was nothing.
 */
export async function removeCuda(env: Env = process.env): Promise<boolean> {
  const folder = cudaFolder(env);
  if ((await stat(folder).catch(() => null)) === null) return false;
  await rm(folder, { recursive: true, force: true });
  return true;
}

function checkPlatform(): readonly [number, number] {
  const glibc = glibcVersion();
  if (process.platform === 'linux' && process.arch === 'x64' && glibc !== null) return glibc;
  const here = `${process.platform} ${process.arch}${process.platform === 'linux' && glibc === null ? ' without glibc' : ''}`;
  const advice =
    process.platform === 'win32'
      ? 'use WSL 2 with Ubuntu'
      : process.platform === 'darwin'
        ? 'a Mac has no CUDA; models run on its CPU'
        : 'models run on the CPU here';
  throw new UserError(`setup cuda: there are CUDA libraries for Linux x86-64 with glibc only, and this is ${here}; ${advice}`);
}

function takeSystem(env: Env): string[] {
  const { found, missing } = systemLibraries(env);
  if (missing.length === 0) return found;
  throw new UserError(
    `--system: ${missing.join(', ')} not found in LD_LIBRARY_PATH, the loader's cache or /usr/local/cuda; install CUDA 13 and cuDNN 9, or leave --system out`,
  );
}

function describe(
  say: (line: string) => void,
  folder: string,
  plan: Awaited<ReturnType<typeof planInstall>>,
  system: readonly string[],
): void {
  const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6).toLocaleString('en-US')} MB`;
  for (const { wheel } of plan.ready) say(`${wheel.name} ${wheel.version}: there already`);
  for (const { wheel, local } of plan.wanted) {
    say(`${wheel.name} ${wheel.version}: ${megabytes(wheel.size)}${local === null ? '' : ` from ${local}`}`);
  }
  for (const file of system) say(`${file}: used as it is`);
  if (plan.wanted.length > 0) {
    say(`to fetch: ${megabytes(plan.downloadBytes)}; on disk at most ${megabytes(plan.diskBytes)} in ${folder}`);
  }
}

/** The line that ends a setup. */
export function setupSummary({ verified }: SetupResult): { readonly line: string; readonly mend: boolean } {
  if (verified === null) return { line: 'nothing was fetched (--dry-run)', mend: false };
  const { fault } = verified;
  if (fault === null) {
    const name = cardOf(visibleCards(), 0)?.name ?? 'the card';
    return { line: `CUDA works on ${name} (${verified.seconds.toFixed(1)} s for the first session)`, mend: false };
  }
  if (fault.kind === 'driver' || fault.kind === 'card' || fault.kind === 'old driver') {
    return { line: `all libraries are in place; what is missing is no part of them: ${faultLine(fault)}`, mend: false };
  }
  return { line: `CUDA cannot be used: ${faultLine(fault)}`, mend: true };
}
