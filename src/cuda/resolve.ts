/** Which wheels CUDA needs: ONNX Runtime's of the installed version, and NVIDIA's that its METADATA names, with what those need. */
import { UserError } from '../errors.js';
import { type Candidate, indexWheels, localWheels, type Sources } from './package-index.js';
import { type Requirement, requirementsOf } from './requirement.js';
import { type Condition, compareVersions, parseConditions, satisfies } from './version.js';
import type { Contents } from './wheel-file.js';

/** The package of ONNX Runtime for CUDA, and the extras of its METADATA that name NVIDIA's libraries. */
export const RUNTIME_PACKAGE = 'onnxruntime-gpu';
const EXTRAS = ['cuda', 'cudnn'];
/** Choosing a version may add conditions on another; real packages settle in two rounds. */
const MAX_ROUNDS = 10;

export interface Resolution {
  readonly wheel: Candidate;
  readonly contents: Contents;
}

export interface ResolveOptions {
  readonly sources: Sources;
  /** Version of ONNX Runtime that the Node binding has. */
  readonly version: string;
  /** The glibc of this machine, as [major, minor]. */
  readonly glibc: readonly [number, number];
  /** Only ONNX Runtime's own wheel: NVIDIA's libraries are the system's. */
  readonly runtimeOnly: boolean;
  /** Files that an earlier setup took or began to fetch: they go before newer ones, so that what was begun is finished. */
  readonly begun?: ReadonlySet<string>;
  readonly contentsOf: (wheel: Candidate) => Promise<Contents>;
}

/**
 * Returns all wheels to have, ONNX Runtime's first. Wheels in a folder go before those of the index; of several, one of `begun`, else the newest release that meets all
 * conditions is taken, never a pre-release or one that needs a newer glibc.
 *
 * Throws `UserError` where none is left, and for whatever in METADATA is not understood.
 */
export async function resolveWheels(options: ResolveOptions): Promise<Resolution[]> {
  const { version, contentsOf } = options;
  const runtime: Requirement = {
    name: RUNTIME_PACKAGE,
    conditions: parseConditions(`==${version}`, 'the installed onnxruntime-node'),
  };
  const listings = new Map<string, Promise<Candidate[]>>();
  let chosen = new Map<string, Resolution>();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = new Map<string, Resolution>();
    const queue: Requirement[] = [runtime];
    const conditions = gather(runtime, chosen, options.runtimeOnly);
    for (let at = 0; at < queue.length; at++) {
      const name = queue[at]?.name ?? '';
      if (next.has(name)) continue;
      const wheel = await choose(options, listings, name, conditions.get(name) ?? queue[at]?.conditions ?? []);
      const before = chosen.get(name);
      const resolution = before?.wheel.file === wheel.file ? before : { wheel, contents: await contentsOf(wheel) };
      next.set(name, resolution);
      queue.push(...needs(resolution, cudaMajor(next.get(RUNTIME_PACKAGE)), options.runtimeOnly));
    }
    const settled = next.size === chosen.size && [...next].every(([name, { wheel }]) => chosen.get(name)?.wheel.file === wheel.file);
    chosen = next;
    if (settled) return [...chosen.values()];
  }
  throw new UserError(
    `the packages that ${RUNTIME_PACKAGE} ${version} needs ask for versions that exclude each other: ${[...chosen.keys()].join(', ')}`,
  );
}

/** What a wheel needs. NVIDIA's own wheels name each other without a version: then it is the CUDA that ONNX Runtime was built for. */
function needs({ wheel, contents }: Resolution, cuda: readonly Condition[], runtimeOnly: boolean): Requirement[] {
  if (wheel.name !== RUNTIME_PACKAGE) {
    const found = requirementsOf(contents.metadata, [], false, wheel.file);
    return found.map(({ name, conditions }) => ({ name, conditions: conditions.length === 0 ? cuda : conditions }));
  }
  if (runtimeOnly) return [];
  const found = requirementsOf(contents.metadata, EXTRAS, true, wheel.file);
  if (found.length === 0) throw new UserError(`${wheel.file} names no CUDA libraries; is it a wheel of ONNX Runtime for CUDA?`);
  return found;
}

/** `==13.*` for a wheel of ONNX Runtime that asks for nvidia-cuda-runtime of CUDA 13; empty where it does not say. */
function cudaMajor(runtime: Resolution | undefined): Condition[] {
  if (runtime === undefined) return [];
  const toolkit = requirementsOf(runtime.contents.metadata, EXTRAS, true, runtime.wheel.file).find(
    ({ name }) => name === 'nvidia-cuda-runtime',
  );
  const major = toolkit?.conditions[0]?.version.release[0];
  return major === undefined ? [] : parseConditions(`==${major}.*`, runtime.wheel.file);
}

/** All conditions on each package that the wheels chosen so far make. */
function gather(runtime: Requirement, chosen: ReadonlyMap<string, Resolution>, runtimeOnly: boolean): Map<string, Condition[]> {
  const cuda = cudaMajor(chosen.get(RUNTIME_PACKAGE));
  const all = [runtime, ...[...chosen.values()].flatMap((resolution) => needs(resolution, cuda, runtimeOnly))];
  const byName = new Map<string, Condition[]>();
  for (const { name, conditions } of all) byName.set(name, [...(byName.get(name) ?? []), ...conditions]);
  return byName;
}

async function choose(
  { sources, glibc, begun }: ResolveOptions,
  listings: Map<string, Promise<Candidate[]>>,
  name: string,
  conditions: readonly Condition[],
): Promise<Candidate> {
  const runs = (wheel: Candidate): boolean => wheel.glibc[0] < glibc[0] || (wheel.glibc[0] === glibc[0] && wheel.glibc[1] <= glibc[1]);
  const fits = (wheel: Candidate): boolean => satisfies(wheel.version, conditions) && (!wheel.version.early || isNamed(wheel, conditions));
  const newest = (wheels: readonly Candidate[]): Candidate | undefined =>
    wheels
      .filter((wheel) => fits(wheel) && runs(wheel))
      .sort((a, b) => compareVersions(b.version, a.version) || (a.file < b.file ? -1 : 1))[0];
  const local = newest(await localWheels(sources, name));
  if (local !== undefined) return local;
  const listing = listings.get(name) ?? indexWheels(sources, name);
  listings.set(name, listing);
  const wheels = await listing;
  const best = newest(wheels.filter(({ file }) => begun?.has(file) === true)) ?? newest(wheels);
  if (best !== undefined) return best;
  const wanted = `${name} ${conditions.map((c) => `${c.operator}${c.version.text}${c.prefix ? '.*' : ''}`).join(', ')}`.trim();
  if (wheels.some(fits)) throw new UserError(`${wanted}: every wheel needs a newer glibc than this machine's ${glibc.join('.')}`);
  throw new UserError(
    `${wanted}: ${sources.settings.endpoint} has no wheel of it for Linux x86-64; give another with --index, or the wheels with --wheels DIR`,
  );
}

function isNamed(wheel: Candidate, conditions: readonly Condition[]): boolean {
  return conditions.some(({ operator, version, prefix }) => operator === '==' && !prefix && compareVersions(version, wheel.version) === 0);
}
