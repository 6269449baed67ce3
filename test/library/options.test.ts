/** What every function of the library refuses before anything happens. */
import { describe, expect, it } from 'vitest';
import * as library from '../../src/index.js';
import { optionNames } from '../../src/library/entry.js';
import { EVALUATE_ALL_CHECKS } from '../../src/library/several.js';
import { packagePath } from '../../src/package-files.js';
import { EVALUATE_CHECKS } from '../../src/run/options.js';

const { UserError } = library;
const EXPORTS: ReadonlyMap<string, unknown> = new Map(Object.entries(library));

/** Options with which each function would begin to work. */
const FINE = {
  evaluate: { model: 'fake:1' },
  evaluateAll: { models: 'fake:1' },
  evaluateSeeds: { model: 'fake:1' },
  merge: { shards: 'shards', out: 'joined' },
  loadTasks: {},
  openModel: { model: 'fake:1' },
  readResults: { from: 'results' },
  compare: { base: 'a', candidate: 'b' },
  gate: { base: 'a', candidate: 'b' },
  leaderboard: { results: 'results' },
  publish: { results: 'results', out: 'published' },
  contamination: { model: 'fake:1', tasks: 'eus_trivia' },
  judge: { results: 'results', model: 'fake:1', rubric: 'rubric.yaml' },
  fitArena: { battles: 'battles.csv' },
} as const;
type Name = keyof typeof FINE;
const NAMES = Object.keys(FINE) as readonly Name[];

/** What a function says to options as callers in JavaScript may give them. */
async function said(name: Name, options: unknown, ...rest: readonly unknown[]): Promise<string> {
  const called = EXPORTS.get(name);
  if (typeof called !== 'function') throw new Error(`no function ${name}`);
  const answer: Promise<unknown> = Reflect.apply(called, null, [options, ...rest]);
  const error = await answer.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error instanceof UserError ? error.message : '';
}

describe('the options of every function of the library', () => {
  it('has all functions in its table', () => {
    // `defineMetric` and `corpusSummary` are about one metric, `isNumber` and `meanEstimate` about one value.
    const others = ['defineMetric', 'corpusSummary', 'isNumber', 'meanEstimate', 'messageOf', 'systemCode'];
    const functions = [...EXPORTS].flatMap(([name, value]) =>
      typeof value === 'function' && !/^[A-Z]/.test(name) && !others.includes(name) ? [name] : [],
    );
    expect(functions.sort()).toEqual([...NAMES].sort());
  });

  it.each(NAMES)('%s refuses what is no object, an option that it does not have, and another kind of signal', async (name) => {
    for (const options of [null, 'results', 5, ['results']])
      expect(await said(name, options)).toMatch(new RegExp(`^${name} takes one object of options, found `));
    expect(await said(name, { ...FINE[name], oddity: 1 })).toMatch(new RegExp(`^${name}: unknown option 'oddity'; valid: \\w`));
    if (name !== 'merge') expect(await said(name, { ...FINE[name], signal: 5 })).toBe(`${name}: signal: expected an AbortSignal, found 5`);
  });

  it.each(NAMES)('%s names what it needs', async (name) => {
    for (const option of Object.keys(FINE[name])) {
      if (['evaluate', 'evaluateSeeds', 'openModel', 'loadTasks'].includes(name)) continue;
      const without = Object.fromEntries(Object.entries(FINE[name]).filter(([other]) => other !== option));
      expect(await said(name, without)).toMatch(new RegExp(`^${name}: ${option} is needed: \\w`));
      for (const empty of ['', {}, 5, null, [null]])
        expect(await said(name, { ...without, [option]: empty })).toMatch(new RegExp(`^${name}: ${option}: expected .*, found `));
    }
  });

  it.each<[Name, object, string]>([
    ['evaluate', { numFewshot: { task: { eus_trivia: 2 } } }, "unknown option 'numFewshot.task'; valid: all, tasks. Did you mean tasks?"],
    [
      'evaluate',
      { numFewshot: { tasks: { eus_trivia: -1 } } },
      'numFewshot.tasks: expected numbers from 0 to 1000 by task or group, found { eus_trivia: -1 }',
    ],
    ['evaluate', { numFewshot: { all: 1.5 } }, 'numFewshot.all: expected a whole number from 0 to 1000, or null, found 1.5'],
    ['evaluate', { numFewshot: -1 }, 'numFewshot: expected a number from 0 to 1000, or { all, tasks } with such numbers, found -1'],
    ['evaluate', { modelOptions: { threads: 0 } }, 'modelOptions.threads: expected a whole number, 1 or more, or null, found 0'],
    [
      'evaluate',
      { modelOptions: { dtype: 'float8' } },
      "modelOptions.dtype: expected auto, float32, float16, bfloat16, found the text 'float8'",
    ],
    [
      'evaluate',
      { shard: { index: 3, count: 3 } },
      'shard: expected an index below a count: { index: 0, count: 8 }, found { index: 3, count: 3 }',
    ],
    ['evaluate', { shard: { index: 0 } }, 'shard.count is needed: a whole number, 1 or more'],
    ['evaluate', { shard: { index: 0, of: 3 } }, "unknown option 'shard.of'; valid: index, count."],
    ['evaluate', { name: '' }, "name: expected a name on one line, found the text ''"],
    ['evaluate', { name: 'a\nb' }, "name: expected a name on one line, found the text 'a b'"],
    ['evaluateAll', { model: 'fake:1' }, "unknown option 'model'; valid: .* Did you mean models?"],
    ['evaluateAll', { onDone: 5 }, 'onDone: expected a function, found 5'],
    ['evaluateSeeds', { fewshotSeed: 4 }, "unknown option 'fewshotSeed'; valid: "],
    ['merge', { maxErrorRate: 2 }, 'maxErrorRate: expected a number from 0 to 1, found 2'],
    ['openModel', { device: 'gpu' }, "device: expected auto, cpu, cuda, cuda:N or webgpu, found the text 'gpu'"],
    ['openModel', { templateDate: '2026-01-31' }, "templateDate: expected a Date, or null, found the text '2026-01-31'"],
    ['openModel', { baseUrls: 'http://x' }, "baseUrls: expected a list of addresses, found the text 'http://x'"],
    ['compare', { rouns: 5 }, "unknown option 'rouns'; valid: .* Did you mean rounds?"],
    ['compare', { allow: ['fingerprints'] }, "allow: expected a list of fingerprint, shots, version, found [ 'fingerprints' ]"],
    ['compare', { rounds: 0 }, 'rounds: expected a whole number, 100 or more, found 0'],
    ['gate', { seed: -1 }, 'seed: expected a whole number, 0 or more, found -1'],
    ['gate', { policy: 5 }, 'policy: expected a policy, or the file that holds one, found 5'],
    ['leaderboard', { lang: 'fr' }, "lang: expected eu, es, en, found the text 'fr'"],
    ['leaderboard', { result: [] }, "unknown option 'result'; valid: .* Did you mean results?"],
    ['publish', { formats: ['csv'] }, "formats: expected a list of eee, hub, jsonl, found [ 'csv' ]"],
    ['publish', { source: { name: 'x' } }, 'source.url is needed: an address'],
    ['publish', { taskIds: { a: 1 } }, 'taskIds: expected an object with the name at the hub for each task, found { a: 1 }'],
    ['contamination', { shard: 3 }, "unknown option 'shard'; valid: .* Did you mean shards?"],
    ['contamination', { shuffles: 0 }, 'shuffles: expected a whole number, 1 or more, found 0'],
    ['judge', { tasks: 'eus_trivia' }, "tasks: expected a list of names of tasks, found the text 'eus_trivia'"],
    ['fitArena', { level: 90 }, 'level: expected a number from 0.01 to 0.999, found 90'],
    ['fitArena', { battles: [{ model_a: {} }] }, 'battles: expected a CSV file, or a list of rows'],
  ])('%s refuses %j', async (name, options, message) => {
    const [start = '', end = ''] = message.split('.* ');
    const line = await said(name, { ...FINE[name], ...options });
    expect(line.startsWith(`${name}: ${start}`), line).toBe(true);
    expect(line.endsWith(end), line).toBe(true);
  });

  it('takes paths only where samples are read from beside them, and says so', async () => {
    const results = await library.evaluate({ model: 'fake:1', tasks: 'eus_trivia', limit: 1, data: packagePath('fixtures/data') });
    const line = await said('publish', { results: [results], out: 'published' });
    expect(line).toMatch(/^publish: results: expected folders of results files \(.*give evaluate `out`\), found /);
    expect(line.length).toBeLessThan(400);
  });

  it.each([[[]], [[1, 1]], [[-1]], [['1']], [undefined], ['1..3']])('%j are no seeds', async (seeds) => {
    expect(await said('evaluateSeeds', { model: 'fake:1' }, seeds)).toMatch(/^seeds: /);
  });
});

describe('messages that the command line shares', () => {
  it.each([
    ['--dtype has no effect on fake:', '`modelOptions.dtype` has no effect on fake:'],
    ['--num-fewshot eus_trivai: no such task', '`numFewshot` eus_trivai: no such task'],
    ['choose another folder with --out', 'choose another folder with `out`'],
    ['without --no-journal', 'without `journal: false`'],
    ['--fewshot-seeds and --retry-errors', '`fewshotSeed` and `retries`'],
    ['give `--dtype float32`, a--b or --unheard-of', 'give `--dtype float32`, a--b or --unheard-of'],
  ])('%s', (line, ours) => {
    expect(optionNames(line, EVALUATE_CHECKS)).toBe(ours);
  });

  it('are in the outcomes of several models, too', async () => {
    const options = { models: 'fake:1', tasks: 'eus_trivia', data: packagePath('fixtures/data'), modelOptions: { threads: 2 } };
    const { outcomes } = await library.evaluateAll(options);
    expect(outcomes.map((outcome) => ('error' in outcome ? outcome.error.message : ''))).toEqual([
      '`modelOptions.threads` has no effect on fake:; it goes with a local model',
    ]);
    expect(Object.hasOwn(EVALUATE_ALL_CHECKS, 'name')).toBe(false);
  });
});
