/** `run --dry-run`: what would be asked, and what it would cost. Nothing is sent and nothing written. */
import { type CountTokens, createEstimate, type Estimate, findPrice, loadPrices } from '../backends/api/prices.js';
import { parseReference } from '../backends/open.js';
import { openData } from '../data/open.js';
import { UserError } from '../errors.js';
import { openRegistry } from '../tasks/open-registry.js';
import type { Screen } from '../terminal/screen.js';
import { table } from '../terminal/table.js';
import type { ChatRenderer, Task } from '../types.js';
import { leaveOutMissing } from './missing-data.js';
import { planRun } from './plan.js';
import { prepareTask } from './prepare-task.js';
import { chosenTasks, dataFolderOf, type SessionOptions } from './session.js';

interface Row extends Estimate {
  readonly task: string;
  readonly documents: number;
}

/** New tokens where neither task nor flag names a limit: the local default. */
const DEFAULT_NEW_TOKENS = 256;

/**
 * Returns a table (or JSON) with one line per task: documents, requests, tokens and price. Tokens are counted where the model's
 * tokenizer is known (a local model, or `--tokenizer`) and a range from the length of the texts elsewhere; the price is null for
 * models that the price table does not name.
 *
 * Throws `UserError` as a run would: for unknown tasks, data that cannot be read, or a task that the model cannot be asked.
 */
export async function dryRun(options: SessionOptions, json: boolean, screen: Screen): Promise<string> {
  const name = nameOf(options.model);
  const reference = name === null ? null : parseReference(name);
  const source =
    typeof options.data === 'object' && options.data !== null
      ? options.data
      : await openData({ dir: dataFolderOf(options), offline: options.open.offline });
  const selected = await chosenTasks(options, await openRegistry(options.hooks ?? null, options.metrics));
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
  const rows: Row[] = [];
  for (const task of plan.tasks) rows.push(await estimateTask(task));
  return json
    ? JSON.stringify({ model: name, tasks: rows, total: sum(rows) }, null, 2)
    : estimatesTable([...rows, { task: 'total', ...sum(rows) }], screen);

  async function estimateTask(task: Task): Promise<Row> {
    const estimate = createEstimate({ price, countTokens: tokens.count, defaultNewTokens: DEFAULT_NEW_TOKENS });
    const prepared = await prepareTask(plan, task, source);
    for await (const { request } of prepared.documents) await estimate.add(request);
    return { task: task.name, documents: prepared.count, ...estimate.total() };
  }
}

/** Token counter and chat template of the model, where its files are at hand without loading weights. */
async function tokensOf(options: SessionOptions): Promise<{ count: CountTokens | null; render: ChatRenderer | null }> {
  const { EMBEDDED_MODEL } = await import('../backends/open.js');
  const { packagePath } = await import('../package-files.js');
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
  const add = (pick: (row: Row) => { low: number; high: number }): { low: number; high: number } =>
    rows.reduce((s, row) => ({ low: s.low + pick(row).low, high: s.high + pick(row).high }), { low: 0, high: 0 });
  return {
    documents: rows.reduce((n, row) => n + row.documents, 0),
    requests: rows.reduce((n, row) => n + row.requests, 0),
    inputTokens: add((row) => row.inputTokens),
    outputTokens: add((row) => row.outputTokens),
    usd: rows.every((row) => row.usd !== null) ? add((row) => row.usd ?? { low: 0, high: 0 }) : null,
    exact: rows.every((row) => row.exact),
  };
}

function estimatesTable(rows: readonly Row[], screen: Screen): string {
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
      { title: 'USD', right: true },
      { title: 'Tokens are', spare: 2 },
    ],
    rows.map((row) => [
      row.task,
      String(row.documents),
      String(row.requests),
      range(row.inputTokens, 0),
      range(row.outputTokens, 0),
      row.usd === null ? 'no price known' : range(row.usd, 2),
      row.exact ? 'counted' : 'estimated',
    ]),
    screen,
  );
}
