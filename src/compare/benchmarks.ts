/** Which benchmarks two runs hold: the known ones by name, anything else as its files describe it. */
import { leavesOf, treeOf } from '../results/group-tree.js';
import type { TaskAbout } from '../results/read.js';
import type { Language } from '../types.js';
import type { Run } from './open-run.js';

const LANGUAGES: readonly Language[] = ['eu', 'en', 'es'];

/** What a comparison needs to know of a benchmark, from the task files. */
export interface KnownBenchmark {
  readonly name: string;
  readonly language: Language | null;
  readonly category: string | null;
  /** `acc` or `metric,filter`. */
  readonly headline: string;
  /** Names of the tasks it is made of; itself when it is a single task. */
  readonly leaves: readonly string[];
}

/** A benchmark as two runs hold it. */
export interface Benchmark extends KnownBenchmark {
  /** None of the package's: it is in no average, and only its headline score stands for it. */
  readonly own?: true;
  /** The group of the user's own that has it as a part. */
  readonly within?: string;
  /** Tasks in each run; empty where it lacks the benchmark. */
  readonly base: readonly string[];
  readonly candidate: readonly string[];
}

/**
 * Returns the benchmarks that at least one of two runs holds: the known ones in their order, then others in the order of the files. A group
 * without a score of its own (it only gathers tasks) is no benchmark. A member of a group of the user's own is one beside the group where it is known, its
 * own file says language and category, or it is among `named`; it is `within` the group unless it is named.
 */
export function benchmarksOf(base: Run, candidate: Run, known: readonly KnownBenchmark[], named: ReadonlySet<string>): Benchmark[] {
  const found: Benchmark[] = [];
  const covered = new Set<string>();
  for (const benchmark of known) {
    const inBase = leavesIn(base, benchmark);
    const inCandidate = leavesIn(candidate, benchmark);
    if (inBase.length + inCandidate.length === 0) continue;
    found.push({ ...benchmark, base: inBase, candidate: inCandidate });
    for (const name of [benchmark.name, ...inBase, ...inCandidate]) covered.add(name);
    for (const run of [base, candidate]) for (const name of treeOf(benchmark.name, run.groups)) covered.add(name);
  }
  const others = [...new Set([...base.tasks.keys(), ...candidate.tasks.keys()])].filter((name) => !covered.has(name));
  const groups = others.filter((name) => [base, candidate].some((run) => scoredGroup(run, name)));
  const groupOf = new Map<string, string>();
  for (const group of groups)
    for (const run of [base, candidate])
      for (const name of treeOf(group, run.groups)) if (name !== group && !groupOf.has(name)) groupOf.set(name, group);
  const within = (name: string): Pick<Benchmark, 'within'> => {
    const group = groupOf.get(name);
    return group === undefined || named.has(name) ? {} : { within: group };
  };
  for (const [i, benchmark] of found.entries()) found[i] = { ...benchmark, ...within(benchmark.name) };
  const standsBeside = (name: string): boolean =>
    named.has(name) || [base, candidate].some((run) => run.tasks.get(name)?.result.about.describesItself === true);
  for (const name of others) {
    if (groupOf.has(name) && !standsBeside(name)) continue;
    const isGroup = groups.includes(name);
    if (!isGroup && [base, candidate].every((run) => run.tasks.get(name)?.result.isGroup !== false)) continue;
    const leaves = [base, candidate].map((run) => (run.tasks.has(name) ? leavesOf(name, run.groups).filter((n) => run.tasks.has(n)) : []));
    const [inBase = [], inCandidate = []] = leaves;
    const results = [base, candidate].flatMap((run) => run.tasks.get(name)?.result ?? []);
    const keys = results.flatMap(({ estimates }) => [...estimates.keys()]);
    const said = <T>(of: (about: TaskAbout) => T | null): T | null =>
      results.map(({ about }) => of(about)).find((one) => one !== null) ?? null;
    found.push({
      name,
      language: LANGUAGES.find((language) => language === said((about) => about.language)) ?? null,
      category: said((about) => about.category),
      headline: said((about) => about.headlineMetric) ?? keys[0] ?? 'acc',
      own: true,
      ...within(name),
      leaves: [...new Set([...inBase, ...inCandidate])],
      base: inBase,
      candidate: inCandidate,
    });
  }
  return found;
}

/** The benchmark's tasks that a run has results of. */
function leavesIn(run: Run, benchmark: KnownBenchmark): string[] {
  return benchmark.leaves.filter((name) => run.tasks.has(name));
}

function scoredGroup(run: Run, name: string): boolean {
  const task = run.tasks.get(name)?.result;
  return task?.isGroup === true && task.estimates.size > 0;
}

/** Keys that hold the same headline under other names, as recorded through an API. */
const OTHER_KEYS = ['exact_match,strict_match', 'exact_match,strict-match', 'exact_match,flexible-extract', 'acc,none', 'exact_match,none'];

/**
 * Returns the key (`metric,filter`) of a headline.
 */
export function keyOf(headline: string): string {
  return headline.includes(',') ? headline : `${headline},none`;
}

/**
 * Returns the first key (`metric,filter`) among the headline and its other names that both sides have, or null.
 */
export function sharedKey(headline: string, base: ReadonlySet<string>, candidate: ReadonlySet<string>): string | null {
  const keys = [keyOf(headline), ...OTHER_KEYS, ...base];
  return keys.find((key) => base.has(key) && candidate.has(key)) ?? null;
}
