/** `arena simulate`: a plan, or voters against a running server. */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { readArenaScores } from '../arena/scores.js';
import { UserError } from '../errors.js';
import { quantileSorted } from '../statistics/quantile.js';
import type { Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import type { KnownModel, PlanRow } from './simulate.js';
import { simulatedVoter, type VoterOptions, VoterTally } from './simulated-voter.js';
import { DEMO_MODELS } from './stub-models.js';

/**
 * Returns the models of a CSV of scores (`model,global,...`) or of a fit's JSON; without a file those of the demo. Throws `UserError` for a file without scores on the whole.
 */
export async function knownModels(file: string | null): Promise<readonly KnownModel[]> {
  if (file === null) return DEMO_MODELS;
  const { scores } = (await readArenaScores(file)).find((s) => s.question === 'global') ?? { scores: [] };
  if (scores.length < 2) throw new UserError(`${file}: no scores of two models on the question 'global'`);
  return scores;
}

/** Numbers of battles that a plan looks at unless it is told: from ten a pair of four models to a large arena. */
export const PLAN_BATTLES = [250, 500, 1000, 2000, 4000, 8000, 16_000];

/**
 * Returns a plan as a table for the terminal.
 */
export function planTable(rows: readonly PlanRow[], wished: number, screen?: Screen): string {
  return table(
    [
      { title: 'Battles', right: true },
      { title: 'Interval', right: true },
      { title: 'Widest', right: true },
      { title: `Below ${wished} points` },
      { title: 'True scores inside', right: true, spare: 1 },
    ],
    rows.map((r) => [
      String(r.battles),
      r.median.toFixed(0),
      r.widest.toFixed(0),
      r.widest < wished ? 'yes' : 'no',
      `${(100 * r.covered).toFixed(0)} %`,
    ]),
    screen,
  );
}

/**
 * Lets voters with known preferences vote at a running arena of stub models, and returns what they met.
 */
export async function vote(
  urls: readonly string[],
  options: { readonly participants: number; readonly seconds: number } & Pick<VoterOptions, 'pauseMs' | 'patienceMs' | 'seed'>,
): Promise<VoterTally> {
  const { participants, seconds, pauseMs, patienceMs } = options;
  const tally = new VoterTally();
  const over = new AbortController();
  const { signal } = over;
  // Every voter's pauses listen to it.
  setMaxListeners(0, signal);
  const timer = setTimeout(() => over.abort(), seconds * 1000);
  const addresses = urls.map((url) => url.replace(/\/+$/, ''));
  const voters = Array.from({ length: participants }, async (_, i) => {
    // They do not all arrive in the same second.
    await sleep((i * Math.min(10_000, seconds * 250)) / participants);
    await simulatedVoter({ urls: addresses, seed: options.seed * 100_000 + i, pauseMs, patienceMs, tally, signal });
  });
  for (const result of await Promise.allSettled(voters))
    if (result.status === 'rejected') tally.refuse(`a voter gave up: ${String(result.reason)}`);
  clearTimeout(timer);
  return tally;
}

/**
 * Returns lines about a simulation.
 */
export function tallyLines(tally: VoterTally): string[] {
  const under = (times: readonly number[], share: number): string => {
    const sorted = times.toSorted((a, b) => a - b);
    return `${(sorted.length === 0 ? 0 : quantileSorted(sorted, share, 1)).toFixed(0)} ms`;
  };
  const all = [...tally.times.values()].flat();
  return [
    `${tally.registered} participants, ${tally.prompts} prompts, ${tally.votes.size} votes confirmed, ${tally.voided} battles void, ${tally.again} requests sent again`,
    ...[...tally.times].map(
      ([kind, times]) => `${kind}: ${times.length} requests, ${under(times, 0.5)} in the middle, 95 % under ${under(times, 0.95)}`,
    ),
    `all: 95 % under ${under(all, 0.95)}, 99 % under ${under(all, 0.99)}`,
    ...[...tally.refused].map(([word, n]) => `refused ${n} times: ${word}`),
  ];
}
