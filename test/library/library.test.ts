import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type Answer,
  type Ask,
  type Backend,
  compare,
  defineMetric,
  evaluate,
  fitArena,
  gate,
  InterruptedError,
  leaderboard,
  loadTasks,
  meanEstimate,
  merge,
  NO_OPTIONS,
  openModel,
  type RunEvent,
  readResults,
  UserError,
} from '../../src/index.js';
import { isNumber, MEAN } from '../../src/metrics/summaries.js';
import { packagePath } from '../../src/package-files.js';

const folder = mkdtempSync(path.join(tmpdir(), 'library-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const data = packagePath('fixtures/data');
const FAKE = { data, tasks: ['eus_trivia', 'mgsm_native_cot_eu'], limit: 6 };

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What the process is, as far as a caller could notice. */
function processState(): unknown {
  return {
    listeners: process.eventNames().map((name) => [name, process.listenerCount(name)]),
    environment: { ...process.env },
    folder: process.cwd(),
    exitCode: process.exitCode,
  };
}

describe('the library', () => {
  let before: unknown;
  const write = vi.spyOn(process.stdout, 'write');
  const writeError = vi.spyOn(process.stderr, 'write');
  beforeEach(() => {
    before = processState();
    write.mockClear();
    writeError.mockClear();
  });
  afterEach(() => {
    expect([...write.mock.calls, ...writeError.mock.calls]).toEqual([]);
    expect(processState()).toEqual(before);
  });

  it('gives the same results in memory as in files', async () => {
    const events: RunEvent[] = [];
    const inMemory = await evaluate({ ...FAKE, model: 'fake:3', onProgress: (event) => void events.push(event) });
    const inFiles = await evaluate({ ...FAKE, model: 'fake:3', out: path.join(folder, 'same') });
    expect(inMemory.resultsFile).toBeNull();
    expect(inFiles.resultsFile).not.toBeNull();
    expect([...inMemory.tasks]).toEqual([...inFiles.tasks]);
    expect(inMemory.scores).toEqual(inFiles.scores);
    expect(inFiles.json).toBe(readFileSync(inFiles.resultsFile ?? '', 'utf8').trimEnd());
    for (const task of FAKE.tasks) {
      const [memory, file] = [await all(inMemory.samples(task)), await all(inFiles.samples(task))];
      expect(memory).toEqual(file);
      expect(memory.length).toBeGreaterThan(0);
    }
    const [read] = await readResults({ from: path.join(folder, 'same') });
    expect(read?.tasks).toEqual(inFiles.tasks);
    const count = (kind: RunEvent['kind']): number => events.filter((event) => event.kind === kind).length;
    expect([count('started'), count('document'), count('task'), count('ended')]).toEqual([1, 12, 2, 1]);
    expect(events.findLast((event) => event.kind === 'document')).toMatchObject({ finished: 12, total: 12, asked: true });
  });

  it('joins the shards of a run into what one run gives', async () => {
    const whole = await evaluate({ ...FAKE, model: 'fake:3' });
    const shards = path.join(folder, 'shards');
    for (const index of [0, 1, 2]) await evaluate({ ...FAKE, model: 'fake:3', out: shards, shard: { index, count: 3 } });
    const joined = await merge({ shards, out: path.join(folder, 'joined') });
    const [read] = await readResults({ from: path.join(folder, 'joined') });
    expect(read?.tasks).toEqual(whole.tasks);
    expect(JSON.parse(joined.json).results).toEqual(JSON.parse(whole.json).results);
  });

  it('compares, gates and ranks results that are values, as it does with files', async () => {
    const [base, candidate] = [await evaluate({ ...FAKE, model: 'fake:3' }), await evaluate({ ...FAKE, model: 'fake:4' })];
    const out = path.join(folder, 'pair');
    const files = [await evaluate({ ...FAKE, model: 'fake:3', out }), await evaluate({ ...FAKE, model: 'fake:4', out })];
    const [first, second] = files.map(({ resultsFile }) => path.dirname(resultsFile ?? ''));
    const ours = await compare({ base, candidate, flips: 2 });
    const theirs = await compare({ base: first ?? '', candidate: second ?? '', flips: 2 });
    expect(ours.benchmarks).toEqual(theirs.benchmarks);
    expect(ours.flipped).toEqual(theirs.flipped);
    expect(ours.benchmarks.map((row) => row.paired)).toEqual([true, true]);
    const judged = await gate({ base, candidate: base, policy: { detectable: null } });
    expect(judged.judgement?.verdict).toBe('pass');
    await expect(gate({ base, candidate, policy: { required: ['no_such'] } })).rejects.toThrow(/^policy: required\[0\]: no benchmark/);
    const [memoryBoard, fileBoard] = [await leaderboard({ results: [base, candidate] }), await leaderboard({ results: out })];
    expect(memoryBoard.files).toEqual([]);
    expect(memoryBoard.models.map((m) => [m.model, m.cells.eus_trivia?.value])).toEqual(
      fileBoard.models.map((m) => [m.model, m.cells.eus_trivia?.value]),
    );
  });

  it('writes nothing anywhere without a folder for results', async () => {
    const empty = mkdtempSync(path.join(folder, 'empty-'));
    const cwd = process.cwd();
    try {
      process.chdir(empty);
      await evaluate({ ...FAKE, model: 'fake:1', retries: 1 });
    } finally {
      process.chdir(cwd);
    }
    expect(readdirSync(empty)).toEqual([]);
  });

  it('stops when the signal is aborted', async () => {
    const stop = new AbortController();
    const aborted = evaluate({
      ...FAKE,
      model: 'fake:1',
      signal: stop.signal,
      onProgress: ({ kind }) => {
        if (kind === 'document') stop.abort();
      },
    });
    await expect(aborted).rejects.toThrow(InterruptedError);
    await expect(aborted).rejects.toThrow(/^interrupted; no answers are kept/);
    const { signal } = stop;
    await expect(loadTasks({ signal })).rejects.toThrow(InterruptedError);
    await expect(openModel({ model: 'fake:1', signal })).rejects.toThrow(InterruptedError);
    await expect(readResults({ from: folder, signal })).rejects.toThrow(InterruptedError);
    await expect(compare({ base: folder, candidate: folder, signal })).rejects.toThrow(InterruptedError);
    await expect(gate({ base: folder, candidate: folder, signal })).rejects.toThrow(InterruptedError);
    await expect(leaderboard({ results: folder, signal })).rejects.toThrow(InterruptedError);
    await expect(fitArena({ battles: [], signal })).rejects.toThrow(InterruptedError);
  });

  it.each([
    [{ limit: -1 }, 'limit: expected a whole number, 1 or more, found -1'],
    [{ model: {} }, 'model: expected a folder, a name, or an open backend with modelName, ask and a Set of kinds, found {}'],
    [{ model: { ask: () => {}, modelName: '', kinds: new Set() } }, 'model: expected a folder, a name, or an open backend with modelName'],
    [
      { model: { ask: () => {}, modelName: 'm', kinds: ['choices'] } },
      'model: expected a folder, a name, or an open backend with modelName',
    ],
    [{ limit: 1.5 }, 'limit: expected a whole number, 1 or more, found 1.5'],
    [{ limit: Number.NaN }, 'limit: expected a whole number, 1 or more, found NaN'],
    [{ limit: '5' }, "limit: expected a whole number, 1 or more, found the text '5'"],
    [{ retries: -1 }, 'retries: expected a whole number, 0 or more, found -1'],
    [{ maxErrorRate: 5 }, 'maxErrorRate: expected a number from 0 to 1, found 5'],
    [{ onProgress: 5 }, 'onProgress: expected a function, found 5'],
    [{ signal: {} }, 'signal: expected an AbortSignal, found {}'],
    [{ metrics: [{}] }, 'metrics: expected a list of metrics (of defineMetric), found [ {} ]'],
    [{ hooks: 5 }, 'hooks: expected a JavaScript module, or functions by name, found 5'],
    [{ hooks: { f: 5 } }, 'hooks: expected a JavaScript module, or functions by name, found { f: 5 }'],
    [{ tasks: [5] }, 'tasks: expected names of tasks, or tasks that loadTasks returned, found [ 5 ]'],
    [{ data: {} }, 'data: expected a folder, or a source of documents, found {}'],
    [{ shard: { index: 2, count: 2 } }, 'shard: expected an index below a count: { index: 0, count: 8 }, found { index: 2, count: 2 }'],
    [{ modelOptions: { thread: 2 } }, /unknown option 'modelOptions.thread'; valid: .* Did you mean threads\?$/],
    [{ out: 5 }, 'out: expected a text that is not empty, found 5'],
    [{ task: ['eus_trivia'] }, /unknown option 'task'; valid: .* Did you mean tasks\?$/],
    ['eus_trivia', "evaluate takes one object of options, found the text 'eus_trivia'"],
    [null, 'evaluate takes one object of options, found null'],
  ])('refuses options that cannot be meant, which JavaScript lets through: %j', async (options, message) => {
    const untyped: (options: unknown) => Promise<unknown> = (given) => Reflect.apply(evaluate, null, [given]);
    const answer = untyped(
      typeof options === 'object' && options !== null ? { model: 'fake:1', data, tasks: ['eus_trivia'], ...options } : options,
    );
    await expect(answer).rejects.toThrow(message);
    await expect(answer).rejects.toBeInstanceOf(UserError);
  });

  it('shows the groups within EusExams in no column of a leaderboard', async () => {
    const results = await evaluate({ model: 'fake:1', data, tasks: 'eus_exams_eu', limit: 2 });
    const { models } = await leaderboard({ results: [results] });
    expect(models.flatMap(({ cells }) => Object.keys(cells).filter((name) => name.startsWith('eus_exams')))).toEqual(['eus_exams_eu']);
  });

  it('throws the errors of the command line as values', async () => {
    await expect(loadTasks({ tasks: 'eus_trivai' })).rejects.toThrow(UserError);
    await expect(evaluate({ model: 'nobody:x' })).rejects.toThrow(/unknown backend 'nobody'/);
    await expect(evaluate({ ...FAKE, model: 'fake:1', modelOptions: { threads: 2 } })).rejects.toThrow(
      /^`modelOptions.threads` has no effect on fake:; it goes with a local model$/,
    );
  });

  it('says of a model whose scores are no numbers that asking again is no way out', async () => {
    const fake = await openModel({ model: 'fake:5' });
    const broken: Backend = {
      ...fake,
      async *ask(requests: AsyncIterable<Ask>): AsyncIterable<Answer> {
        for await (const { id, request } of requests) {
          const continuations = request.kind === 'choices' ? request.continuations : [];
          yield {
            id,
            response: { kind: 'choices', logprobs: continuations.map(() => Number.NaN), greedy: continuations.map(() => false) },
          };
        }
      },
    };
    const { noScore, withoutScore } = await evaluate({ model: broken, tasks: 'eus_trivia', data });
    expect(withoutScore).toEqual(['eus_trivia']);
    expect(noScore).toMatch(/^no score for eus_trivia: .* not a number.*--dtype float32/);
    expect(noScore).not.toMatch(/give the same command again/);
    const all = evaluate({ model: broken, tasks: ['eus_trivia', 'eus_reading', 'eus_exams_eu'], data });
    await expect(all).rejects.toThrow(/^the first 50 requests all failed; .*`modelOptions.dtype` float32/);
  });

  it('asks a backend of the caller, which stays open', async () => {
    const closed = vi.fn(async () => {});
    const fake = await openModel({ model: 'fake:5' });
    const backend: Backend = {
      ...fake,
      modelName: 'mine/always-the-first',
      async *ask(requests: AsyncIterable<Ask>): AsyncIterable<Answer> {
        for await (const { id, request } of requests) {
          if (request.kind !== 'choices') throw new Error('only choices are expected');
          const logprobs = request.continuations.map((_, i) => -1 - i);
          yield { id, response: { kind: 'choices', logprobs, greedy: logprobs.map(() => false) } };
        }
      },
      close: closed,
    };
    const tasks = await loadTasks({ tasks: 'eus_trivia' });
    const result = await evaluate({ model: backend, tasks, data });
    expect(result.modelName).toBe('mine/always-the-first');
    for await (const sample of result.samples('eus_trivia')) expect(sample.predicted).toBe(0);
    expect(closed).not.toHaveBeenCalled();
  });

  it('scores with a metric of the caller: one definition, and its name in the task file', async () => {
    const firstChoice = defineMetric({
      name: 'first_choice',
      aggregation: 'mean',
      higherIsBetter: true,
      scale: 'share',
      options: NO_OPTIONS,
      scores: { multiple_choice: ({ predicted }) => Number(predicted === 0) },
      isValue: isNumber,
      summary: { aggregate: (values) => meanEstimate(values).value, standardError: (values) => meanEstimate(values).stderr },
      topic: {
        also: [],
        title: 'first choice',
        definition: 'How often the first choice is predicted.',
        formula: ['mean of predicted = 0'],
        source: '',
      },
      table: [],
    });
    const file = path.join(folder, 'own.yaml');
    writeFileSync(file, `include: ${packagePath('tasks/eus/eus_trivia.yaml')}\ntask: own\nmetric_list:\n  - metric: first_choice\n`);
    const result = await evaluate({ model: 'fake:2', tasks: file, metrics: [firstChoice], data });
    const predicted = (await all(result.samples('own'))).map((sample) => Number(sample.predicted === 0));
    expect(result.scores.get('own')?.estimates['first_choice,none']?.value).toBeCloseTo(meanEstimate(predicted).value, 12);
    await expect(evaluate({ model: 'fake:2', tasks: file, data })).rejects.toThrow(/there is no metric 'first_choice'/);
  });

  it('names metric and document where a metric of the caller fails', async () => {
    const file = path.join(folder, 'failing.yaml');
    writeFileSync(file, `include: ${packagePath('tasks/eus/eus_trivia.yaml')}\ntask: own\nmetric_list:\n  - metric: mine\n`);
    const failing = (score: () => number): Promise<unknown> => {
      const topic = { also: [], title: 'mine', definition: '', formula: [], source: '' };
      const scores = { multiple_choice: score };
      const about = {
        name: 'mine',
        aggregation: 'mean',
        higherIsBetter: true,
        scale: 'number',
        options: NO_OPTIONS,
        isValue: isNumber,
      } as const;
      const mine = defineMetric({ ...about, scores, summary: MEAN, topic, table: [] });
      return evaluate({ model: 'fake:2', tasks: file, metrics: [mine], data });
    };
    const throwing = (): number => {
      throw new TypeError('oi');
    };
    await expect(failing(throwing)).rejects.toThrow(/^own, document \d+: the metric mine: oi$/);
    await expect(failing(() => Number.NaN)).rejects.toThrow(/^own, document \d+: the metric mine gave NaN, which is no value of it/);
    // @ts-expect-error -- JavaScript has no types that would refuse it.
    expect(() => defineMetric({})).toThrow(UserError);
  });

  it('fits battles that are values', async () => {
    const battles = [
      { model_a: 'x', model_b: 'y', wins_a: 6, wins_b: 3, ties: 1 },
      { model_a: 'y', model_b: 'z', wins_a: 5, wins_b: 4, ties: 0 },
    ];
    const csv = path.join(folder, 'battles.csv');
    writeFileSync(csv, `model_a,model_b,wins_a,wins_b,ties\n${battles.map((b) => Object.values(b).join(',')).join('\n')}\n`);
    expect(await fitArena({ battles, rounds: 20 })).toEqual(await fitArena({ battles: csv, rounds: 20 }));
    const stop = new AbortController();
    setImmediate(() => stop.abort());
    await expect(fitArena({ battles, rounds: 2000, signal: stop.signal })).rejects.toThrow(InterruptedError);
    await expect(fitArena({ battles: [{ model_a: 'x', model_b: 'x', winner: 'tie' }] })).rejects.toThrow(
      /^battles: line 1: the model x is matched/,
    );
  });
});
