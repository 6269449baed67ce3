/** `run --dry-run`: what would be asked, and what it would cost. Nothing is sent and nothing written. */
import { type CountTokens, createEstimate, type Estimate, findPrice, loadPrices } from '../backends/api/prices.js';
import type { Survey } from '../backends/onnx/open.js';
import { checkReference, DEFAULT_OPEN_OPTIONS, EMBEDDED_MODEL, parseReference, surveyModel } from '../backends/open.js';
import { openData } from '../data/open.js';
import { UserError } from '../errors.js';
import type { SecondsRange, Workload } from '../forecast.js';
import { DEFAULT_NEW_TOKENS } from '../generation.js';
import { packagePath } from '../package-files.js';
import { openRegistry } from '../tasks/open-registry.js';
import type { Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import type { ChatRenderer, Task } from '../types.js';
import { timeWords } from './forecast.js';
import { leaveOutMissing } from './missing-data.js';
import type { SessionOptions } from './options.js';
import { planRun } from './plan.js';
import { prepareTask } from './prepare-task.js';
import { chosenTasks, dataFolderOf, wantedTasks } from './session.js';

interface Row extends Estimate {
  readonly task: string;
  readonly documents: number;
  /** Of a local model: what it computes, and the seconds that this takes; null where nobody knows. */
  readonly work?: Workload;
  readonly seconds?: SecondsRange | null;
}

/**
 * Returns a table (or JSON) with one line per task: documents, requests, tokens and price. Tokens are counted where the model's
 * tokenizer is known (a local model, or `--tokenizer`) and a range from the length of the texts elsewhere; the price is null for
 * models that the price table does not name.
 *
 * Throws `UserError` as a run would: for unknown tasks, data that cannot be read, or a task that the model cannot be asked.
 */
export async function dryRun(options: SessionOptions, json: boolean, screen: Screen): Promise<string> {
  const name = nameOf(options.model);
  const open = { ...DEFAULT_OPEN_OPTIONS, ...options.open, onProgress: () => {} };
  checkReference(name, open);
  const reference = name === null ? null : parseReference(name);
  const source =
    typeof options.data === 'object' ? options.data : await openData({ dir: dataFolderOf(options), offline: options.open.offline });
  const registry = await openRegistry(options.hooks ?? null, options.metrics);
  const selected = await chosenTasks(await wantedTasks(options), options, registry);
  const { roots, notes } = leaveOutMissing(selected, dataFolderOf(options));
  for (const text of notes) options.onProgress({ kind: 'message', text });
  const tokens = await tokensOf(options);
  const api = reference !== null && (reference.backend === 'openai' || reference.backend === 'anthropic');
  const plan = planRun(
    roots,
    {
      modelName: reference?.name ?? 'the embedded model',
      source: reference?.backend ?? 'onnx',
      families: api ? ['api'] : ['plain', 'chat', 'api'],
      kinds: new Set(api ? ['generate'] : ['choices', 'generate', 'rolling']),
      renderChat: tokens.render,
    },
    { ...options, maxNewTokens: options.open.maxNewTokens },
  );
  const price = reference === null ? null : findPrice(await loadPrices(options.open.pricesFile), reference.name);
  const survey = await surveyModel(name, open);
  const forecast = survey?.forecast ?? null;
  const rows: Row[] = [];
  for (const task of plan.tasks) rows.push(await estimateTask(task));
  const total = sum(rows);
  if (json) return JSON.stringify({ model: name, ...needsOf(survey), tasks: rows, total }, null, 2);
  const isPaid = reference !== null && reference.backend !== 'onnx' && reference.backend !== 'fake';
  const lines = survey === null ? [] : surveyLines(reference?.name ?? 'the embedded model', survey, total.seconds ?? null);
  const all = [...rows, { task: 'total', ...total }];
  return [...lines, forecast === null ? estimatesTable(all, isPaid, screen) : workTable(all, screen)].join('\n');

  async function estimateTask(task: Task): Promise<Row> {
    const estimate = createEstimate({ price, countTokens: tokens.count, defaultNewTokens: DEFAULT_NEW_TOKENS });
    const prepared = await prepareTask(plan, task, source);
    const counter = forecast?.newCounter();
    for await (const { request } of prepared.documents) {
      await estimate.add(request);
      await counter?.add(request);
    }
    const row = { task: task.name, documents: prepared.count, ...estimate.total() };
    if (counter === undefined || forecast === null) return row;
    const work = counter.total();
    return { ...row, work, seconds: await forecast.seconds(work) };
  }
}

/** Token counter and chat template of the model, where its files are at hand without loading weights. */
async function tokensOf(options: SessionOptions): Promise<{ count: CountTokens | null; render: ChatRenderer | null }> {
  const given = nameOf(options.model);
  const reference = given === null ? { backend: 'onnx', name: packagePath(EMBEDDED_MODEL) } : parseReference(given);
  const name = reference.backend === 'onnx' ? reference.name : options.open.tokenizer;
  if (reference.backend === 'fake' || name === null) return { count: null, render: null };
  const { resolveModel } = await import('../hub/resolve-model.js');
  const { loadChatTemplate } = await import('../models/chat-template.js');
  const { loadTokenizer } = await import('../models/tokenizer.js');
  const { folder } = await resolveModel(name, { files: 'tokenizer', offline: options.open.offline, onProgress: () => {} });
  const tokenizer = await loadTokenizer(folder);
  return {
    count: async (texts) => (await tokenizer.encodeAll(texts)).map((ids) => ids.length),
    render: (await loadChatTemplate(folder, { now: options.open.templateDate }))?.render ?? null,
  };
}

/** The reference of the model; of one that is open already nothing is known here. */
function nameOf(model: SessionOptions['model']): string | null {
  if (model !== null && typeof model === 'object') throw new UserError('a dry run takes the reference of a model, not one that is open');
  return model;
}

function sum(rows: readonly Row[]): Omit<Row, 'task'> {
  const all = rows.length;
  const prices = rows.flatMap(({ usd }) => usd ?? []);
  const works = rows.flatMap(({ work }) => work ?? []);
  const times = rows.flatMap(({ seconds }) => seconds ?? []);
  return {
    documents: rows.reduce((n, row) => n + row.documents, 0),
    requests: rows.reduce((n, row) => n + row.requests, 0),
    inputTokens: addRanges(rows.map((row) => row.inputTokens)),
    outputTokens: addRanges(rows.map((row) => row.outputTokens)),
    usd: prices.length === all ? addRanges(prices) : null,
    exact: rows.every((row) => row.exact),
    ...(works.length === all && all > 0 ? { work: addWork(works), seconds: times.length === all ? addRanges(times) : null } : {}),
  };
}

function addRanges(ranges: readonly SecondsRange[]): SecondsRange {
  return ranges.reduce((sum, { low, high }) => ({ low: sum.low + low, high: sum.high + high }), { low: 0, high: 0 });
}

function addWork(works: readonly Workload[]): Workload {
  const add = (part: keyof Workload): number => works.reduce((n, work) => n + work[part], 0);
  return { tokens: add('tokens'), attended: add('attended'), rows: add('rows'), newTokens: add('newTokens') };
}

/** What the JSON says of a local model. */
function needsOf(survey: Survey | null): Record<string, unknown> {
  if (survey === null) return {};
  const { device, dtype, forecast, remarks } = survey;
  const { line: _, ...bytes } = forecast?.memory ?? { line: '' };
  return { device, dtype, parameters: forecast?.parameters ?? null, memory: forecast?.memory === null ? null : bytes, remarks };
}

/** What is said of a local model above the table. */
function surveyLines(name: string, { device, dtype, forecast, remarks }: Survey, seconds: SecondsRange | null): string[] {
  const parameters = forecast?.parameters ?? null;
  const size = parameters === null ? '' : `, ${countWords(parameters)} parameters`;
  const memory = forecast?.memory ?? null;
  return [
    `model      ${name} (onnx, ${device}, ${dtype})${size}`,
    ...(memory === null ? [] : [`memory     ${memory.line}`]),
    `time       ${seconds === null ? `not estimated ${device === 'cpu' ? 'for this model' : 'on a card'}` : timeWords(seconds)}`,
    ...remarks.map((remark) => `note       ${remark}`),
    '',
  ];
}

/** A number of parameters: `1.7 billion`, `135 million`. */
function countWords(n: number): string {
  return n >= 1e9 ? `${(n / 1e9).toFixed(1)} billion` : n >= 1e6 ? `${Math.round(n / 1e6)} million` : `${Math.round(n / 1000)} thousand`;
}

function workTable(rows: readonly Row[], screen: Screen): string {
  return table(
    [
      { title: 'Tasks' },
      { title: 'Documents', right: true, spare: 1 },
      { title: 'Requests', right: true, spare: 3 },
      { title: 'Tokens to compute', right: true },
      { title: 'New tokens at most', right: true },
      { title: 'Time' },
    ],
    rows.map(({ task, documents, requests, work, seconds }) => [
      task,
      String(documents),
      String(requests),
      String(work?.tokens ?? ''),
      String(work?.newTokens ?? ''),
      seconds === undefined || seconds === null ? 'not known' : timeWords(seconds),
    ]),
    screen,
  );
}

/** `isPaid`: somebody may ask money for the requests, so that a price belongs to them. */
function estimatesTable(rows: readonly Row[], isPaid: boolean, screen: Screen): string {
  const range = ({ low, high }: { low: number; high: number }, digits: number): string => {
    const [a, b] = [low.toFixed(digits), high.toFixed(digits)];
    return a === b ? a : `${a} to ${b}`;
  };
  return table(
    [
      { title: 'Tasks' },
      { title: 'Documents', right: true, spare: 1 },
      { title: 'Requests', right: true, spare: 3 },
      { title: 'Input tokens', right: true },
      { title: 'Output tokens', right: true },
      ...(isPaid ? [{ title: 'USD', right: true }] : []),
      { title: 'Tokens are', spare: 2 },
    ],
    rows.map((row) => [
      row.task,
      String(row.documents),
      String(row.requests),
      range(row.inputTokens, 0),
      range(row.outputTokens, 0),
      ...(isPaid ? [row.usd === null ? 'no price known' : range(row.usd, 2)] : []),
      row.exact ? 'counted' : 'estimated',
    ]),
    screen,
  );
}
