/** Everything `eus-eval gate` does, in order: open, compare, judge, write reports, bless. */
import { existsSync } from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { compareOptions, compareRuns } from '../compare/compare.js';
import type { Allowable } from '../compare/differs.js';
import { knownBenchmarks } from '../compare/known.js';
import type { Run } from '../compare/open-run.js';
import { CannotJudgeError, messageOf, systemCode, UserError } from '../errors.js';
import { makeFolder } from '../folders.js';
import { readBaseline, writeBaseline } from './baseline.js';
import { type Judgement, judge } from './judge.js';
import { DEFAULT_POLICY, type Policy, type PolicyFields, policyOf, readPolicy } from './policy.js';
import { judgementJunit, judgementSummary } from './report.js';

/** What to gate and where to write what. */
export interface GateRequest {
  /** Opened when it is needed: before the first baseline is stored there may be none. `path` is null for results that are no file. */
  readonly base: { readonly path: string | null; readonly open: () => Promise<Run> };
  readonly candidate: Run;
  /** A policy, or the file that holds one; null: the defaults. */
  readonly policy: string | PolicyFields | null;
  /** File to store the candidate in as a baseline. */
  readonly bless: string | null;
  readonly junit: string | null;
  /** File to append GitHub's step summary to. */
  readonly summary: string | null;
  readonly allow: ReadonlySet<Allowable>;
  readonly seed: number;
  readonly rounds: number;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly signal?: AbortSignal;
}

/** `judgement` is null when there was no base yet and the candidate was blessed as the first. */
export interface GateOutcome {
  readonly judgement: Judgement | null;
  readonly policy: Policy;
  readonly blessed: string | null;
}

/**
 * Runs a gate. Throws `UserError` for bad input, and `CannotJudgeError` when a run that itself cannot be judged should be blessed.
 */
export async function runGate(request: GateRequest): Promise<GateOutcome> {
  const { candidate } = request;
  if (request.bless !== null) await checkBless(request.bless);
  const { path: basePath } = request.base;
  const first = request.bless !== null && basePath !== null && !existsSync(basePath) && basePath.endsWith('.json');
  const base = first ? candidate : await request.base.open();
  const known = await knownBenchmarks();
  const names = [...new Set([...known.map((b) => b.name), ...base.tasks.keys(), ...candidate.tasks.keys()])];
  const policy = await policyFor(request.policy, names);
  const options = compareOptions(known, {
    allow: request.allow,
    named: namedIn(policy),
    seed: request.seed,
    rounds: request.rounds,
    noiseNats: policy.noise_nats,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  });
  const judgement = judge(await compareRuns(base, candidate, options), policy, request.now);
  if (request.junit !== null) await write(request.junit, judgementJunit(judgement));
  if (request.summary !== null) await appendFile(request.summary, judgementSummary(judgement)).catch(unwritable(request.summary));
  if (request.bless === null) return { judgement, policy, blessed: null };
  await bless(request.bless, candidate, policy, options, request.now);
  return { judgement: first ? null : judgement, policy, blessed: request.bless };
}

/** The benchmarks that a policy names. */
function namedIn({ benchmarks, required, groups }: Policy): ReadonlySet<string> {
  return new Set([
    ...Object.keys(benchmarks),
    ...(required === 'base' ? [] : required),
    ...Object.values(groups).flatMap((group) => group.benchmarks),
  ]);
}

async function policyFor(given: GateRequest['policy'], names: readonly string[]): Promise<Policy> {
  if (given === null) return DEFAULT_POLICY;
  return typeof given === 'string' ? readPolicy(given, names) : policyOf(given, 'policy', names);
}

/** A baseline replaces only a baseline: never a result file, never a folder. */
async function checkBless(file: string): Promise<void> {
  if (!existsSync(file)) return;
  const stored = await readBaseline(file).catch(() => 'broken' as const);
  if (stored === null)
    throw new UserError(
      `--bless ${file}: is not a baseline and is not overwritten (--bless only overwrites a baseline); name a new file, e.g. --bless baseline.json`,
    );
}

/**
 * What the candidate alone does not allow to be judged (too many unscored documents) must not become the measure of others. How small a drop can be seen depends on
 * the pair and on the policy of the day, so few documents are no reason to refuse a baseline.
 */
async function bless(file: string, candidate: Run, policy: Policy, options: ReturnType<typeof compareOptions>, now: number): Promise<void> {
  const alone = judge(await compareRuns(candidate, candidate, options), { ...policy, detectable: null }, now);
  const against = alone.reasons.find((r) => r.verdict === 'cannot judge' && r.subject !== null);
  if (against !== undefined) throw new CannotJudgeError(`not blessed: ${against.message}`);
  await writeBaseline(file, candidate);
}

async function write(file: string, text: string): Promise<void> {
  await makeFolder(path.dirname(file))
    .then(() => writeFile(file, text))
    .catch(unwritable(file));
}

function unwritable(file: string): (error: unknown) => never {
  return (error) => {
    throw new UserError(`cannot write ${file}: ${systemCode(error) ?? messageOf(error)}`);
  };
}
