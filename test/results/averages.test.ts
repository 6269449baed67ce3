import { describe, expect, it } from 'vitest';
import { averagesOf, describeAverages } from '../../src/results/averages.js';
import { noCounts } from '../../src/results/counts.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { Group, ScoreTable, Task } from '../../src/types.js';

const { benchmarks } = await loadRegistry();

/** A run in which the given benchmarks have the given values under their headline metric. */
function runOf(scores: Readonly<Record<string, number>>, change: (root: Group | Task) => Group | Task = (root) => root) {
  const roots = benchmarks.filter(({ name }) => Object.hasOwn(scores, name)).map(change);
  const table = (root: Group | Task): ScoreTable => {
    const metric = root.meta.headlineMetric;
    const key = metric.includes(',') ? metric : `${metric},none`;
    return { name: root.name, alias: root.name, samples: 1, estimates: { [key]: { value: scores[root.name] ?? 0, stderr: null } } };
  };
  const groups = new Map(roots.flatMap((root) => ('children' in root ? [[root.name, table(root)] as const] : [])));
  const tasks = new Map(
    roots.flatMap((root) =>
      'children' in root
        ? []
        : [
            [
              root.name,
              {
                task: root,
                table: table(root),
                original: 1,
                effective: 1,
                scored: 1,
                chance: null,
                counts: NONE,
                taskHash: '',
                prompts: 'match',
              },
            ] as const,
          ],
    ),
  );
  return { roots, tasks, groups };
}

const NONE = noCounts();

describe('averages of a run', () => {
  it('are those of the paper: 14, 9 and 4 benchmarks, the bias benchmarks left out', () => {
    const averages = averagesOf(
      benchmarks,
      runOf(Object.fromEntries(benchmarks.map(({ name, meta }) => [name, meta.category === 'bias' ? 9 : 0.5]))),
    );
    expect(averages.map((x) => [x.language, x.value, x.benchmarks.length, x.missing.length])).toEqual([
      ['eu', 0.5, 14, 0],
      ['en', 0.5, 9, 0],
      ['es', 0.5, 4, 0],
    ]);
    expect(describeAverages(averages)).toMatch(
      /Basque 0\.5000 \(all 14 benchmarks\), English 0\.5000 \(all 9 benchmarks\), Spanish 0\.5000 \(all 4 benchmarks\)$/,
    );
  });

  it('say over how many benchmarks they go; one benchmark is no average', () => {
    const averages = averagesOf(benchmarks, runOf({ eus_trivia: 0.2, eus_exams_eu: 0.4, piqa: 0.5, basqbbq: 1 }));
    expect(averages[0]?.value).toBeCloseTo(0.3, 12);
    expect(averages.map((x) => x.language)).toEqual(['eu', 'en']);
    expect(describeAverages(averages)).toBe('Average without bias benchmarks: Basque 0.3000 (incomplete: 2 of 14 benchmarks)');
    expect(describeAverages(averagesOf(benchmarks, runOf({ piqa: 0.5 })))).toBeNull();
  });

  it("leave out a task file of the user's own under a built-in name", () => {
    expect(
      averagesOf(
        benchmarks,
        runOf({ eus_trivia: 0.2, piqa_eu: 0.4 }, (root) => ({ ...root, file: '/elsewhere/x.yaml' })),
      ),
    ).toEqual([]);
  });
});
