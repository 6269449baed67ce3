/** The verdict of a gate over a comparison. Pure: no files, no clock of its own. */
import { at } from '../at.js';
import { averageRow, oneKind } from '../compare/average-row.js';
import { type Comparison, detectableOf } from '../compare/compare.js';
import { describeRefusal } from '../compare/print.js';
import { gainOf, type Row } from '../compare/row.js';
import { differenceText, listed, probability, scaleOf, unitOf, valueText } from '../compare/unit.js';
import { holm } from '../statistics/holm.js';
import type { Limits, Policy } from './policy.js';
import { settleNoise } from './settle-noise.js';

export type Verdict = 'pass' | 'regressed' | 'cannot judge';
/** One thing that kept the gate from passing. */
export interface Reason {
  readonly verdict: Exclude<Verdict, 'pass'>;
  /** Benchmark, language or group; null for the run as a whole. */
  readonly subject: string | null;
  readonly message: string;
}

/** One judged line: a benchmark, language or group. */
export interface Judged {
  readonly kind: 'benchmark' | 'language' | 'group';
  readonly row: Row;
  readonly verdict: Verdict | 'not judged';
  /** One-sided p against "not worse", corrected over all judged lines; null where untested or not judged. */
  readonly p: number | null;
  /** Smallest true drop (unit of the row) that this gate catches four times in five. */
  readonly detectable: number | null;
}

/** What the gate decided and why. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly reasons: readonly Reason[];
  readonly judged: readonly Judged[];
  readonly comparison: Comparison;
  /** Worth saying though it does not change the verdict. */
  readonly remarks: readonly string[];
}

const DAY = 86_400;

/**
 * Judges a comparison. A line has regressed when its drop is larger than allowed and not chance (one-sided test, Holm over everything judged
 * together), or when the candidate is below its floor. The gate cannot judge what is missing, not comparable, unscored beyond the limit,
 * too small for the power that the policy demands, or held against a stale baseline. A regression wins over "cannot judge". `now` is in seconds
 * since the epoch.
 */
export function judge(comparison: Comparison, policy: Policy, now: number): Judgement {
  const reasons: Reason[] = [];
  const remarks: string[] = [];
  const cannot = (subject: string | null, message: string): void => {
    reasons.push({ verdict: 'cannot judge', subject, message });
  };
  const judgedAt = (name: string): boolean => policy.benchmarks[name]?.judge !== false;
  requireAll(comparison, policy, cannot, remarks, judgedAt);
  const age = (now - comparison.base.date) / DAY;
  if (policy.baseline_age_days !== null && age > policy.baseline_age_days) {
    cannot(
      null,
      `the base is ${age.toFixed(0)} days old; the policy believes ${policy.baseline_age_days}. Run it again or bless a newer one`,
    );
  }
  const byThemselves = comparison.benchmarks.filter((row) => row.within === undefined && judgedAt(row.benchmark));
  for (const row of byThemselves) checkUnscored(row, policy, cannot);
  for (const { benchmark, within } of comparison.benchmarks)
    if (within !== undefined && judgedAt(benchmark))
      remarks.push(`${benchmark} is judged inside the group ${within}; to judge it by itself, too, name it in the policy (benchmarks)`);
  const older = fromOlderFiles(comparison);
  if (older !== null) remarks.push(older);

  const unsettled: { kind: Judged['kind']; row: Row; limits: Limits }[] = [
    ...byThemselves.map((row) => ({ kind: 'benchmark' as const, row, limits: policy.benchmarks[row.benchmark] ?? {} })),
    ...languageLines(comparison, policy, judgedAt),
    ...groupLines(comparison, policy, cannot),
  ];
  const tests = Math.max(1, unsettled.filter(({ row }) => row.pDrop !== null).length);
  const lines = unsettled.map((line) => ({
    ...line,
    row: settleNoise(line.row, (line.limits.significance ?? policy.significance) / tests),
  }));
  const corrected = holm(lines.map(({ row }) => row.pDrop));
  const judged: Judged[] = lines.map(({ kind, row, limits }, i) => {
    const p = at(corrected, i);
    const significance = limits.significance ?? policy.significance;
    // The policy's own allowance is in points; a metric with a unit of its own has none unless the benchmark says so.
    const allowed = limits.allowed_drop ?? (row.share ? policy.allowed_drop : 0);
    const detectable = detectableOf(row, significance / tests);
    const scale = scaleOf(row);
    const drop = -scale * gainOf(row);
    let verdict: Verdict = 'pass';
    const blame = (message: string): void => {
      verdict = 'regressed';
      reasons.push({ verdict: 'regressed', subject: row.benchmark, message });
    };
    if (p !== null && p < significance) {
      // Comparing in documents' units would round 0.5 points away: allow for the last digit only.
      if (drop > allowed + 1e-9) blame(regression(row, p, allowed));
      else remarks.push(`${row.benchmark}: a drop of ${valueText(row, drop / scale)}${unitOf(row)} is not chance but allowed (${allowed})`);
    }
    if (limits.floor !== undefined && (row.higherIsBetter ? 1 : -1) * (scale * row.candidate - limits.floor) < -1e-9) {
      const side = row.higherIsBetter ? 'below its floor of' : 'above its ceiling (floor) of';
      blame(`${row.benchmark} is at ${valueText(row, row.candidate)}, ${side} ${limits.floor}`);
    }
    if (p === null) cannot(row.benchmark, `${row.benchmark}: nothing to test the difference with (no samples and no standard error)`);
    else if (
      verdict === 'pass' &&
      policy.detectable !== null &&
      row.share &&
      (detectable === null || 100 * detectable > policy.detectable)
    ) {
      const could = detectable === null ? 'no drop is' : `only drops above ${(100 * detectable).toFixed(1)} points are`;
      const documents = row.n === null ? 'an unknown number of documents' : `${row.n} documents`;
      cannot(
        row.benchmark,
        `${row.benchmark}: with ${documents} ${could} detectable; the policy asks for ${policy.detectable} (detectable)`,
      );
      verdict = 'cannot judge';
    }
    return { kind, row, verdict, p, detectable };
  });
  const rest: Judged[] = comparison.benchmarks
    .filter((row) => !byThemselves.includes(row))
    .map((row) => ({ kind: 'benchmark', row, verdict: 'not judged', p: null, detectable: null }));
  if (judged.length === 0) cannot(null, 'nothing is left to judge');
  const blamed = new Set(reasons.filter((r) => r.verdict === 'cannot judge').map((r) => r.subject));
  const verdict = reasons.some((r) => r.verdict === 'regressed') ? 'regressed' : reasons.length > 0 ? 'cannot judge' : 'pass';
  return {
    verdict,
    reasons: [...reasons].sort((a, b) => Number(a.verdict === 'cannot judge') - Number(b.verdict === 'cannot judge')),
    judged: [
      ...judged.map((j): Judged => (j.verdict === 'pass' && blamed.has(j.row.benchmark) ? { ...j, verdict: 'cannot judge' } : j)),
      ...rest,
    ],
    comparison,
    remarks,
  };
}

function regression(row: Row, p: number, allowed: number): string {
  const rightOrWrong = row.test === 'McNemar' || row.test === 'sign flip';
  const flips =
    row.flipsDown === null
      ? 'unpaired'
      : `${row.flipsDown} documents became ${rightOrWrong ? 'wrong' : 'worse'}, ${row.flipsUp} ${rightOrWrong ? 'right' : 'better'}`;
  const values = `${valueText(row, row.base)} to ${valueText(row, row.candidate)} (${differenceText(row, row.difference)}${unitOf(row)}; ${flips})`;
  const verb = row.higherIsBetter ? 'fell' : 'rose';
  const direction = row.higherIsBetter ? '' : ', where less is better';
  return `${row.benchmark} ${verb} from ${values}${direction}, p ${p < 0.001 ? '' : '= '}${probability(p)} after Holm's correction; allowed is a ${
    row.higherIsBetter ? 'drop' : 'rise'
  } of ${allowed}`;
}

type Cannot = (subject: string | null, message: string) => void;

function requireAll(comparison: Comparison, policy: Policy, cannot: Cannot, remarks: string[], judgedAt: (name: string) => boolean): void {
  const { required } = policy;
  const needed = (name: string): boolean => judgedAt(name) && (required === 'base' || required.includes(name));
  const seen = new Set([
    ...comparison.benchmarks.map((r) => r.benchmark),
    ...comparison.refused.map((r) => r.benchmark),
    ...comparison.missing.map((m) => m.benchmark),
  ]);
  for (const { benchmark, from } of comparison.missing) {
    const message = `${benchmark} is missing from the ${from}`;
    // What only the candidate has cannot have become worse.
    if (needed(benchmark) && (from === 'candidate' || required !== 'base')) cannot(benchmark, message);
    else remarks.push(message);
  }
  for (const refusal of comparison.refused) {
    const message = `not comparable: ${describeRefusal(refusal)}`;
    if (needed(refusal.benchmark)) cannot(refusal.benchmark, message);
    else remarks.push(message);
  }
  if (required !== 'base') for (const name of required) if (!seen.has(name)) cannot(name, `${name} is required and in neither run`);
}

function checkUnscored(row: Row, policy: Policy, cannot: Cannot): void {
  const limit = policy.benchmarks[row.benchmark]?.unscored ?? policy.unscored;
  const sides: readonly [string, number][] = [
    ['the candidate', row.candidateUnscored + row.missing],
    ['the base', row.baseUnscored],
  ];
  for (const [side, count] of sides) {
    // Only result files without samples do not say how many documents there were; those have nothing unscored either.
    if (row.n === null) continue;
    const all = row.n + row.missing + Math.max(row.baseUnscored, row.candidateUnscored);
    const share = all === 0 ? 100 : (100 * count) / all;
    if (share <= limit) continue;
    const lacking = side === 'the candidate' && row.missing > 0 ? ' (or lack them)' : '';
    cannot(
      row.benchmark,
      `${row.benchmark}: ${count} of ${all} documents of ${side} have no score${lacking}, ${share.toFixed(1)} %; at most ${limit} % are let through`,
    );
  }
}

/** A folder with several result files joins them; a benchmark that the newest run dropped would go unnoticed without a word. */
function fromOlderFiles({ benchmarks, candidate }: Comparison): string | null {
  const older = benchmarks
    .filter((row) => row.tasks.some((task) => candidate.tasks.get(task)?.file !== candidate.newestFile))
    .map((row) => row.benchmark);
  if (older.length === 0) return null;
  return `${listed(older)}: not in the candidate's newest result file but in an older one of its folder; name the newest file itself to judge that run alone`;
}

function languageLines(
  comparison: Comparison,
  policy: Policy,
  judgedAt: (name: string) => boolean,
): { kind: 'language'; row: Row; limits: Limits }[] {
  return comparison.languages.flatMap((average) => {
    const { language } = average;
    const members = comparison.benchmarks.filter((row) => average.benchmarks.includes(row.benchmark) && judgedAt(row.benchmark));
    // An average of one benchmark would only test the same thing twice.
    if (language === null || members.length < 2) return [];
    const limits = policy.languages[language] ?? {};
    // The comparison has this average already unless the policy leaves members out.
    if (members.length === average.benchmarks.length) return [{ kind: 'language' as const, row: average, limits }];
    const name = { benchmark: average.benchmark, language, category: null, metric: 'mean' };
    return [{ kind: 'language' as const, row: averageRow(name, members, comparison.options.seed), limits }];
  });
}

function groupLines(comparison: Comparison, policy: Policy, cannot: Cannot): { kind: 'group'; row: Row; limits: Limits }[] {
  return Object.entries(policy.groups).flatMap(([group, { benchmarks, ...limits }]) => {
    const members = comparison.benchmarks.filter((row) => benchmarks.includes(row.benchmark));
    const absent = benchmarks.filter((name) => !members.some((row) => row.benchmark === name));
    if (absent.length > 0) {
      cannot(group, `the group ${group} cannot be averaged: ${absent.join(', ')} not compared`);
      return [];
    }
    if (oneKind(members).length < members.length) {
      cannot(group, `the group ${group} cannot be averaged: its metrics differ in direction or unit`);
      return [];
    }
    const name = { benchmark: group, language: null, category: null, metric: 'mean' };
    return [{ kind: 'group' as const, row: averageRow(name, members, comparison.options.seed), limits }];
  });
}
