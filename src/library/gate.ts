import type { Allowable } from '../compare/differs.js';
import type { PolicyFields } from '../gate/policy.js';
import { type GateOutcome, runGate } from '../gate/run-gate.js';
import { isObject } from '../is-object.js';
import { type Checks, NAME, type Optional, refuseAborted } from '../options.js';
import { ROUNDS, SEED } from '../statistics/bootstrap.js';
import { TWO_RUNS_CHECKS } from './compare.js';
import { openRunOf, type Side } from './results.js';

export type GateOptions = {
  /** A folder of results of one model, a results file, a stored baseline, or results. */
  readonly base: Side;
  readonly candidate: Side;
} & Optional<{
  inside: string;
  /** A policy, or the YAML or JSON file that holds one (docs/gate.md). */
  policy: string | PolicyFields;
  /** File to store the candidate in as the new baseline. */
  bless: string;
  /** File for a report as JUnit XML. */
  junit: string;
  /** File to append the step summary of GitHub Actions to. */
  summary: string;
  allow: readonly Allowable[];
  /** Seed and rounds of the bootstrap. */
  seed: number;
  rounds: number;
  signal: AbortSignal;
}>;

export const GATE_CHECKS: Checks<GateOptions> = {
  ...TWO_RUNS_CHECKS,
  policy: { expected: 'a policy, or the file that holds one', fits: (value) => NAME.fits(value) || isObject(value) },
  bless: NAME,
  junit: NAME,
  summary: NAME,
};

/**
 * Judges whether the candidate is worse than its base. Throws `UserError` for bad input, `CannotJudgeError` when a run that itself cannot be judged is to be
 * blessed.
 */
export async function gate(options: GateOptions): Promise<GateOutcome> {
  const { signal, inside, base } = options;
  refuseAborted(signal);
  return runGate({
    base:
      typeof base === 'string' ? { path: base, open: () => openRunOf(base, inside) } : { path: null, open: () => openRunOf(base, inside) },
    candidate: await openRunOf(options.candidate, inside),
    policy: options.policy ?? null,
    bless: options.bless ?? null,
    junit: options.junit ?? null,
    summary: options.summary ?? null,
    allow: new Set(options.allow),
    seed: options.seed ?? SEED,
    rounds: options.rounds ?? ROUNDS,
    now: Date.now() / 1000,
    ...(signal === undefined ? {} : { signal }),
  });
}
