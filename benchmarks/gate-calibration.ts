/**
 * How often the gate fires on equally good models, and how often it sees a real drop of two points, benchmark by benchmark at their real
 * sizes. Prints the tables of docs/gate.md.   usage: npx vite-node benchmarks/gate-calibration.ts [PAIRS]
 */

import { judge } from '../src/gate/judge.js';
import { DEFAULT_POLICY } from '../src/gate/policy.js';
import { PythonRandom } from '../src/python/random.js';
import { falseAlarms, power, type Sized, simulatedComparison, simulatedRow, sizedBenchmarks } from './gate-simulation.js';
import { markdown } from './markdown.js';

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

async function main(pairs: number): Promise<void> {
  const benchmarks = await sizedBenchmarks();
  const strict = { ...DEFAULT_POLICY, allowed_drop: 0 };
  const shares = [0.02, 0.05, 0.1, 0.2];
  const alarms = shares.map((share, i) => [
    percent(share),
    percent(falseAlarms(benchmarks, share, DEFAULT_POLICY, pairs, 100 + i)),
    percent(falseAlarms(benchmarks, share, strict, pairs, 200 + i)),
  ]);
  console.log(
    `${pairs} pairs of equally good models, ${benchmarks.length} benchmarks and 3 languages, significance ${DEFAULT_POLICY.significance}:\n`,
  );
  console.log(markdown([['Documents that flip', 'Fires (default policy)', 'Fires (allowed_drop: 0)'], ...alarms], new Set([0, 1, 2])));
  const everywhere = shares.map((share, i) => {
    const random = new PythonRandom(300 + i);
    let [all, basque] = [0, 0];
    for (let k = 0; k < pairs; k++) {
      const of = (drops: (b: Sized) => boolean): number =>
        Number(
          judge(simulatedComparison(benchmarks.map((b) => simulatedRow(b, share, drops(b) ? 0.02 : 0, random))), DEFAULT_POLICY, 0)
            .verdict === 'regressed',
        );
      all += of(() => true);
      basque += of((b) => b.language === 'eu');
    }
    return [percent(share), percent(all / pairs), percent(basque / pairs)];
  });
  console.log('\nA real drop of 2 points in many benchmarks at once:\n');
  console.log(markdown([['Documents that flip', 'Seen: all dropped', 'Seen: Basque dropped'], ...everywhere], new Set([0, 1, 2])));
  const tables = [0.05, 0.1].map((share, i) => power(benchmarks, share, 0.02, DEFAULT_POLICY, pairs, 400 + i));
  console.log('\nA real drop of 2 points in one benchmark alone, 5 % or 10 % of the documents flip:\n');
  const rows = benchmarks.map((b, i) => {
    const cells = tables.flatMap((table) => {
      const seen = table[i];
      return seen === undefined
        ? []
        : [percent(seen.claimed), percent(seen.measured), seen.detectable === null ? 'none' : (100 * seen.detectable).toFixed(1)];
    });
    return [b.name, String(b.documents), ...cells];
  });
  const header = [
    'Benchmark',
    'Documents',
    'Claimed (5 %)',
    'Measured (5 %)',
    'Sees (5 %)',
    'Claimed (10 %)',
    'Measured (10 %)',
    'Sees (10 %)',
  ];
  console.log(markdown([header, ...rows], new Set([1, 2, 3, 4, 5, 6, 7])));
}

await main(Number(process.argv.at(-1)) || 1000);
