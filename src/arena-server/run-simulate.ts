/** `arena simulate`: a plan, or voters against a running server. */
import { setMaxListeners } from 'node:events';
import { readArenaScores } from '../arena/scores.js';
import { UserError } from '../errors.js';
import type { Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import { type KnownModel, type PlanRow, planArena } from './simulate.js';
import { emptyTally, simulatedVoter, type Tally } from './simulated-voter.js';
import { DEMO_MODELS } from './stub-models.js';

/**
 * Returns the models of a CSV of scores (`model,global,...`) or of a fit's JSON; without a file those of the demo. Throws `UserError` for a file without scores on the whole.
 */
export async function knownModels(file: string | null): Promise<KnownModel[]> {
  if (file === null) return DEMO_MODELS.map((m) => ({ model: m.name, score: m.score }));
  const scores = (await readArenaScores(file)).find((s) => s.question === 'global');
  if (scores === undefined || scores.scores.length < 2) throw new UserError(`${file}: no scores of two models on the question 'global'`);
  return scores.scores.map((s) => ({ model: s.model, score: s.score }));
}

/** Numbers of battles that a plan looks at unless it is told: from ten a pair of four models to a large arena. */
export const PLAN_BATTLES = [250, 500, 1000, 2000, 4000, 8000, 16_000];

/**
 * Returns what numbers of battles would give (`planArena`), with 100 bootstrap rounds each.
 */
export function plan(
  models: readonly KnownModel[],
  battles: readonly number[],
  options: { readonly policy: 'even' | 'uncertain'; readonly seed: number; readonly ties: number },
): PlanRow[] {
  return planArena({ models, ...options }, battles, 100);
}

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
  options: {
    readonly participants: number;
    readonly seconds: number;
    readonly pauseMs: number;
    readonly seed: number;
    readonly patienceMs: number;
  },
): Promise<Tally> {
  const tally = emptyTally();
  const over = new AbortController();
  // Every voter's pauses listen to it.
  setMaxListeners(0, over.signal);
  const timer = setTimeout(() => over.abort(), options.seconds * 1000);
  const voters = Array.from({ length: options.participants }, async (_, i) => {
    // They do not all arrive in the same second.
    await new Promise((resolve) => setTimeout(resolve, (i * Math.min(10_000, options.seconds * 250)) / options.participants));
    await simulatedVoter({
      urls: urls.map((url) => url.replace(/\/+$/, '')),
      seed: options.seed * 100_000 + i,
      pauseMs: options.pauseMs,
      patienceMs: options.patienceMs,
      tally,
      signal: over.signal,
    });
  });
  const results = await Promise.allSettled(voters);
  clearTimeout(timer);
  for (const result of results) {
    if (result.status === 'rejected') {
      const word = `a voter gave up: ${String(result.reason)}`;
      tally.refused.set(word, (tally.refused.get(word) ?? 0) + 1);
    }
  }
  return tally;
}

/** Returns the q-quantile of times, or 0 where there are none. */
export function quantile(times: readonly number[], q: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;
}

/**
 * Returns lines about a simulation.
 */
export function tallyLines(tally: Tally): string[] {
  const all = [...tally.times.values()].flat();
  return [
    `${tally.registered} participants, ${tally.prompts} prompts, ${tally.votes.size} votes confirmed, ${tally.voided} battles void, ${tally.again} requests sent again`,
    ...[...tally.times].map(
      ([kind, times]) =>
        `${kind}: ${times.length} requests, ${quantile(times, 0.5).toFixed(0)} ms in the middle, 95 % under ${quantile(times, 0.95).toFixed(0)} ms`,
    ),
    `all: 95 % under ${quantile(all, 0.95).toFixed(0)} ms, 99 % under ${quantile(all, 0.99).toFixed(0)} ms`,
    ...[...tally.refused].map(([word, n]) => `refused ${n} times: ${word}`),
  ];
}
