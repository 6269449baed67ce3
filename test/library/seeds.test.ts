import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { mean, sampleStandardDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { seedList } from '../../src/cli/arguments.js';
import { evaluateSeeds } from '../../src/library/seeds.js';
import { packagePath } from '../../src/package-files.js';
import { readResultFile } from '../../src/results/read.js';
import { seedTable } from '../../src/results/seed-summary.js';

const data = packagePath('fixtures/data');
const fresh = () => mkdtempSync(path.join(tmpdir(), 'seeds-'));
const options = (out: string) => ({ model: 'fake:1', tasks: ['eus_trivia', 'eus_exams_eu_opeosakiauxeu'], data, out });

describe('several draws of few-shot examples', () => {
  it('give mean and spread over prompts, and the standard error over documents beside it', async () => {
    const out = fresh();
    const seeds = [1, 2, 7];
    const { scores, runs, file } = await evaluateSeeds(options(out), seeds);
    const recorded = await Promise.all([...runs.values()].map(({ resultsFile }) => readResultFile(resultsFile ?? '')));
    expect(recorded.map(({ variation }) => variation)).toEqual(seeds.map((seed) => `fewshot_seed=${seed}`));
    for (const score of scores) {
      const estimates = recorded.map(({ tasks }) => tasks.get(score.task)?.estimates.get(score.key));
      const values = estimates.map((one) => one?.value ?? Number.NaN);
      expect([...score.values]).toEqual(seeds.map((seed, i) => [seed, values[i]]));
      expect(score.mean).toBeCloseTo(mean(values), 14);
      expect(score.spread).toBeCloseTo(sampleStandardDeviation(values), 14);
      expect([score.least, score.most]).toEqual([Math.min(...values), Math.max(...values)]);
      expect(score.stderr).toBeCloseTo(Math.sqrt(mean(estimates.map((one) => (one?.stderr ?? Number.NaN) ** 2))), 14);
    }
    expect(scores.map(({ task }) => task)).toEqual(['eus_trivia', 'eus_exams_eu_opeosakiauxeu']);
    // Every seed has other prompts and a folder of its own; the summary lies beside them.
    expect(new Set(recorded.map(({ tasks }) => tasks.get('eus_trivia')?.hash)).size).toBe(3);
    expect(
      readdirSync(out)
        .filter((name) => !name.startsWith('.'))
        .sort(),
    ).toEqual(['fake-1__fewshot-seed-1', 'fake-1__fewshot-seed-2', 'fake-1__fewshot-seed-7', 'fake-1__fewshot-seeds']);
    const written = JSON.parse(readFileSync(file ?? '', 'utf8'));
    expect(written).toMatchObject({ model_name: 'fake-1', seeds, scores: [{ task: 'eus_trivia', key: 'acc,none', shots: 5 }, {}] });
    expect(JSON.stringify(written)).not.toContain(out);
    expect(seedTable(scores)).toContain('Spread over prompts');
  });

  it('the seed of the paper gives its prompts; one seed has no spread', async () => {
    const { scores, runs } = await evaluateSeeds(options(fresh()), [1234]);
    const [run] = runs.values();
    expect((await readResultFile(run?.resultsFile ?? '')).variation).toBe('');
    expect(scores.map(({ spread }) => spread)).toEqual([null, null]);
  });

  it('goes on where it was stopped: nothing is asked twice', async () => {
    const out = fresh();
    const stop = new AbortController();
    const stopped = evaluateSeeds(
      {
        ...options(out),
        signal: stop.signal,
        onProgress: (event) => {
          if (event.kind === 'message' && event.text.startsWith('seed 2')) stop.abort();
        },
      },
      [1, 2],
    );
    await expect(stopped).rejects.toThrow(/interrupted/);
    const { runs } = await evaluateSeeds(options(out), [1, 2]);
    expect([...runs.values()].map(({ reused }) => reused)).toEqual([46, 0]);
    const again = await evaluateSeeds(options(out), [1, 2]);
    expect([...again.runs.values()].map(({ reused }) => reused)).toEqual([46, 46]);
    expect(again.scores).toEqual((await evaluateSeeds({ ...options(fresh()) }, [1, 2])).scores);
  });

  it.each([[[]], [[-1]], [[0.5]]])('%j is refused', async (seeds) => {
    await expect(evaluateSeeds(options(fresh()), seeds)).rejects.toThrow('seeds: expected 1 to 100 whole numbers from 0');
  });

  it('does not go with shards', async () => {
    await expect(evaluateSeeds({ ...options(fresh()), shard: { index: 0, count: 2 } }, [1, 2])).rejects.toThrow(
      'several seeds do not go with --shard',
    );
  });
});

describe('--fewshot-seeds', () => {
  it('takes a range or a list', () => {
    expect([seedList('1..5'), seedList('1,2,7'), seedList('3')]).toEqual([[1, 2, 3, 4, 5], [1, 2, 7], [3]]);
    for (const bad of ['', '1..', '5..1', '1..500', 'a', '1;2', '-1', '1.5'])
      expect(() => seedList(bad), bad).toThrow('Write 1..5 or 1,2,7');
  });
});
