/** Shared by the golden tests: runs prepared documents through a backend and compares with what the harness gave. */
import { readFileSync } from 'node:fs';
import { type OnnxOptions, openOnnx } from '../../../src/backends/onnx/open.js';
import { openData } from '../../../src/data/open.js';
import { loadChatTemplate } from '../../../src/models/chat-template.js';
import { prepareDocs } from '../../../src/prompts/prepare.js';
import { leavesOf } from '../../../src/task-tree.js';
import { loadRegistry } from '../../../src/tasks/registry.js';
import type { Ask, Backend, Response, WorkReport } from '../../../src/types.js';

/** One document's golden: `[log-probability, greedy]` per choice, or the text. */
export interface Expected {
  readonly task: string;
  readonly docId: number;
  readonly choices: readonly (readonly [number, boolean])[] | null;
  readonly text: string | null;
}

export interface Comparison {
  documents: number;
  worst: number;
  /** One line for each document that differs in more than the last digits. */
  readonly differences: string[];
  work: WorkReport;
  /** What the results would say of the model. */
  readonly facts: Backend['facts'];
  readonly responses: ReadonlyMap<number, Response>;
}

/** Goldens of one file in ../shared/golden, one per document. */
export function readGolden(file: string, task: string): Expected[] {
  const seen = new Map<number, Expected>();
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const row: { doc_id: number; filter?: string; resps: unknown[] } = JSON.parse(line);
    if (seen.has(row.doc_id)) continue;
    const text = row.filter === undefined ? null : String(row.resps.flat()[0]);
    const choices =
      row.filter === undefined
        ? row.resps.map((pair) =>
            Array.isArray(pair) ? ([Number(pair[0]), String(pair[1]).toLowerCase() === 'true'] as const) : ([Number.NaN, false] as const),
          )
        : null;
    seen.set(row.doc_id, { task, docId: row.doc_id, choices, text });
  }
  return [...seen.values()];
}

/** The day that the goldens' templates printed, from the prompt that a golden file holds; null where they print none. */
export function goldenDate(file: string): Date | null {
  const day = /\b\d{2} [A-Z][a-z]{2} \d{4}\b/.exec(readFileSync(file, 'utf8').split('\n')[0] ?? '')?.[0];
  return day === undefined ? null : new Date(`${day} UTC`);
}

export async function openModel(folder: string, more: Partial<OnnxOptions> = {}, now: Date | null = null): Promise<Backend> {
  const template = await loadChatTemplate(folder, now === null ? {} : { now });
  return openOnnx({
    folder,
    modelName: 'm',
    dtype: 'auto',
    device: 'cpu',
    threads: 1,
    renderChat: template?.render ?? null,
    chatTemplate: template?.source ?? null,
    ...more,
  });
}

/** Asks everything in one stream, as a run of many tasks does. */
export async function askAll(
  backend: Backend,
  asks: readonly Ask[],
  heard: (id: number, response: Response) => void = () => {},
): Promise<Map<number, Response>> {
  async function* source(): AsyncGenerator<Ask> {
    yield* asks;
  }
  const out = new Map<number, Response>();
  for await (const { id, response } of backend.ask(source(), new AbortController().signal)) {
    out.set(id, response);
    heard(id, response);
  }
  return out;
}

/** Asks each request by itself, and each continuation in a request of its own, so that nothing is computed together. */
export async function askEachAlone(backend: Backend, asks: readonly Ask[]): Promise<Map<number, Response>> {
  const out = new Map<number, Response>();
  for (const { id, request } of asks) {
    const parts = request.kind === 'choices' ? request.continuations.map((one) => ({ ...request, continuations: [one] })) : [request];
    const answers: Response[] = [];
    for (const part of parts) answers.push(...(await askAll(backend, [{ id, request: part }])).values());
    const scored = answers.filter((answer) => answer.kind === 'choices');
    const [first] = answers;
    if (first === undefined) throw new Error('no answer');
    const joined = { logprobs: scored.flatMap((s) => s.logprobs), greedy: scored.flatMap((s) => s.greedy) };
    out.set(id, first.kind === 'choices' ? { ...first, ...joined } : first);
  }
  return out;
}

const registry = await loadRegistry();
const tasks = new Map(registry.benchmarks.flatMap(leavesOf).map((task) => [task.name, task]));

export interface Watch {
  /** Is told of each document that is answered. */
  readonly heard?: (golden: Expected, response: Response, work: WorkReport) => void;
  /** Tokens of each text at most: only its beginning is compared. */
  readonly newTokens?: number | null;
}

/** Compares a model with goldens on the documents of `dataDir`. */
export async function compare(
  folder: string,
  dataDir: string,
  family: 'plain' | 'chat',
  expected: readonly Expected[],
  more: Partial<OnnxOptions> = {},
  now: Date | null = null,
  { heard = () => {}, newTokens = null }: Watch = {},
): Promise<Comparison> {
  const backend = await openModel(folder, more, now);
  try {
    const source = await openData({ dir: dataDir, offline: true });
    const asks: Ask[] = [];
    const goldens: Expected[] = [];
    for (const name of new Set(expected.map((e) => e.task))) {
      const task = tasks.get(name);
      if (task === undefined) throw new Error(`no task ${name}`);
      const own = expected.filter((e) => e.task === name);
      for await (const doc of prepareDocs(task, source, {
        family,
        renderChat: backend.renderChat,
        limit: 1 + Math.max(...own.map((e) => e.docId)),
      })) {
        const golden = own.find((e) => e.docId === doc.docId);
        if (golden === undefined) continue;
        const { request } = doc;
        asks.push({
          id: asks.length,
          request: newTokens !== null && request.kind === 'generate' ? { ...request, maxNewTokens: newTokens } : request,
        });
        goldens.push(golden);
      }
    }
    if (goldens.length < expected.length) throw new Error(`${expected.length} goldens, ${goldens.length} documents`);
    const responses = await askAll(backend, asks, (id, response) => {
      const golden = goldens[id];
      if (golden !== undefined) heard(golden, response, backend.work());
    });
    const differences: string[] = [];
    let worst = 0;
    goldens.forEach((golden, id) => {
      const where = `${golden.task} ${golden.docId}`;
      const response = responses.get(id);
      if (response === undefined) differences.push(`${where}: no answer`);
      else if (response.kind === 'failure') differences.push(`${where}: ${response.reason}: ${response.message}`);
      else if (response.kind === 'rolling') differences.push(`${where}: a whole text was scored`);
      else if (response.kind === 'generate') {
        if (newTokens === null ? response.text !== golden.text : response.text === '' || !golden.text?.startsWith(response.text))
          differences.push(`${where}: ${JSON.stringify(response.text)} instead of ${JSON.stringify(golden.text)}`);
      } else {
        golden.choices?.forEach(([logprob, greedy], i) => {
          const error = Math.abs(logprob - (response.logprobs[i] ?? Number.NaN));
          if (!(error <= 1e-3)) differences.push(`${where}: choice ${i}: ${response.logprobs[i]} instead of ${logprob}`);
          if (response.greedy[i] !== greedy) differences.push(`${where}: choice ${i}: greedy ${response.greedy[i]}`);
          worst = Math.max(worst, error);
        });
      }
    });
    return { documents: goldens.length, worst, differences, work: backend.work(), facts: backend.facts, responses };
  } finally {
    await backend.close();
  }
}
