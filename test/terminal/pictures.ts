import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readBattles } from '../../src/arena/battles.js';
import { fitArena } from '../../src/arena/fit.js';
import { fitTable } from '../../src/arena/report.js';
import { progressLine } from '../../src/cli/progress.js';
import { makeMeter } from '../../src/cli/time-left.js';
import { compareOptions, compareRuns } from '../../src/compare/compare.js';
import { knownBenchmarks } from '../../src/compare/known.js';
import { openRun } from '../../src/compare/open-run.js';
import { comparisonText } from '../../src/compare/print.js';
import { judge } from '../../src/gate/judge.js';
import { DEFAULT_POLICY } from '../../src/gate/policy.js';
import { judgementText } from '../../src/gate/report.js';
import { packagePath } from '../../src/package-files.js';
import { resultsTable } from '../../src/results/table.js';
import { sessionOptions } from '../../src/run/options.js';
import { runSession, type SessionResult } from '../../src/run/session.js';
import { listLines, listTable } from '../../src/tasks/list.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { Screen } from '../../src/terminal/screen.js';

const folder = mkdtempSync(path.join(tmpdir(), 'pictures-'));
const runs = new Map<number, Promise<SessionResult & { readonly said: readonly string[] }>>();

/** A run of the made-up model on the made-up documents: the same numbers everywhere. */
function run(seed: number): Promise<SessionResult & { readonly said: readonly string[] }> {
  const said: string[] = [];
  const known =
    runs.get(seed) ??
    runSession({
      ...sessionOptions({
        model: `fake:${seed}`,
        tasks: ['eus_trivia', 'bbq', 'mgsm_native_cot_eu', 'eus_exams_eu'],
        limit: 20,
        data: packagePath('fixtures/data'),
        out: folder,
        journal: false,
        onProgress: (event) => {
          if (event.kind === 'message') said.push(event.text.replace(folder, 'results'));
          else if (event.kind === 'task') said.push(event.text);
        },
      }),
      now: () => 1_700_000_000_000,
    }).then((result) => ({ ...result, said }));
  runs.set(seed, known);
  return known;
}

/** What commands print, by name, for a screen. */
export const PICTURES: Readonly<Record<string, (screen: Screen) => Promise<string>>> = {
  run: async (screen) => {
    const { said, outcome } = await run(3);
    return `${said.filter((line) => /^(model|tasks|documents|results) {2}/.test(line)).join('\n')}\n${resultsTable(outcome, screen)}\n`;
  },
  compare: async (screen) => {
    const [base, candidate] = [
      await openRun(path.dirname((await run(3)).resultsFile ?? '')),
      await openRun(path.dirname((await run(4)).resultsFile ?? '')),
    ];
    const options = compareOptions(await knownBenchmarks(), { allow: new Set(), seed: 1, rounds: 100 });
    return comparisonText(await compareRuns(base, candidate, options), screen).replaceAll(folder, 'results');
  },
  gate: async (screen) => {
    const [base, candidate] = await Promise.all([3, 4].map(async (seed) => openRun(path.dirname((await run(seed)).resultsFile ?? ''))));
    if (base === undefined || candidate === undefined) throw new Error('no runs');
    const comparison = await compareRuns(
      base,
      candidate,
      compareOptions(await knownBenchmarks(), { allow: new Set(), seed: 1, rounds: 100 }),
    );
    return judgementText(judge(comparison, DEFAULT_POLICY, 1_700_000_000), screen).replaceAll(folder, 'results');
  },
  list: async (screen) => `${listTable(listLines((await loadRegistry()).benchmarks), screen)}\n`,
  arena: async (screen) => {
    const battles = await readBattles(packagePath('fixtures/arena/battles.csv'), 'global');
    return `${fitTable(fitArena(battles, { rounds: 20, seed: 1, level: 0.95, largestGroup: false }), screen)}\n`;
  },
  progress: async ({ width }) => {
    let clock = 0;
    const meter = makeMeter(() => clock);
    meter.expect([
      { task: 'eus_trivia', kind: 'choices', documents: 1715 },
      { task: 'mgsm_native_cot_eu', kind: 'generate', documents: 250 },
    ]);
    const lines = [progressLine(meter, '', '', width)];
    for (let i = 0; i < 300; i++) {
      clock += 100;
      meter.done('eus_trivia', true);
    }
    clock += 200;
    lines.push(progressLine(meter, '12 in flight, 42 queued', 'eus_trivia', width));
    for (let i = 0; i < 10; i++) {
      clock += 4000;
      meter.done('mgsm_native_cot_eu', true);
    }
    clock += 200;
    lines.push(progressLine(meter, '12 in flight, 42 queued', 'mgsm_native_cot_eu', width));
    return `${lines.join('\n')}\n`;
  },
};
