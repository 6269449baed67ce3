import { readdirSync, readFileSync } from 'node:fs';
import type { ScoringMode } from '../../src/backends/api/completion-probe.js';
import type { Seams } from '../../src/backends/api/options.js';
import { openCompletions } from '../../src/backends/completions.js';
import { openFolder } from '../../src/data/folder.js';
import { loadChatTemplate } from '../../src/models/chat-template.js';
import { addsBos } from '../../src/models/model-type.js';
import { loadTokenizer } from '../../src/models/tokenizer.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { Ask, Backend, PreparedDoc, Response } from '../../src/types.js';

/** A server to ask, and the way to ask it. */
export interface ServerCase {
  readonly url: string;
  readonly name: string;
  /** Folder with the model's tokenizer and chat template. */
  readonly folder: string;
  readonly promptsAs: 'ids' | 'text';
  readonly scoring: ScoringMode | null;
  readonly concurrency?: number;
  readonly seams?: Partial<Seams>;
}

/** A document with what the harness got for it. */
export interface GoldenDoc {
  readonly where: string;
  readonly doc: PreparedDoc;
  /** [log-probability, greedy] per choice, or the text. */
  readonly expected: readonly (readonly [number, boolean])[] | string;
}

interface GoldenLine {
  readonly doc_id: number;
  readonly prompt_hash: string;
  readonly resps: readonly (readonly [number, boolean])[] | readonly [readonly [string]];
}

/**
 * Opens a completions backend for a case.
 */
export async function openCase(server: ServerCase): Promise<Backend> {
  const chat = await loadChatTemplate(server.folder);
  return openCompletions({
    name: server.name,
    baseUrls: [server.url],
    tokenizer: server.promptsAs === 'ids' ? await loadTokenizer(server.folder) : null,
    addBos: await addsBos(server.folder),
    renderChat: chat?.render ?? null,
    chatTemplate: chat?.source ?? null,
    scoring: server.scoring,
    maxLength: null,
    apiKeyEnv: null,
    concurrency: server.concurrency ?? null,
    timeoutSeconds: null,
    maxCostUsd: null,
    pricesFile: null,
    ...(server.seams === undefined ? {} : { seams: server.seams }),
  });
}

/**
 * Reads a number of documents; `all` is every one. Throws when it is neither.
 */
export function documentsOf(text: string): number {
  if (text === 'all') return Number.POSITIVE_INFINITY;
  if (!/^\d+$/.test(text)) throw new Error(`'${text}' is no number of documents; valid: 0, 1, 2, ... or all`);
  return Number(text);
}

/**
 * Prepares the first `perTask` documents of every task that has goldens in `goldens`, in both families; `generations` bounds those that generate.
 * Throws when a prompt is not the harness's.
 */
export async function goldenDocs(
  folder: string,
  goldens: string,
  data: string,
  perTask: number,
  generations: number,
): Promise<GoldenDoc[]> {
  const registry = await loadRegistry();
  const source = await openFolder(data);
  const chat = await loadChatTemplate(folder, { now: dateOf(goldens) });
  const docs: GoldenDoc[] = [];
  for (const file of readdirSync(goldens).sort()) {
    const match = /^(.*)\.(plain|chat)\.jsonl$/.exec(file);
    const [, name = '', family] = match ?? [];
    const task = registry.entries.get(name);
    if ((family !== 'plain' && family !== 'chat') || task === undefined || 'children' in task) continue;
    const byId = new Map<number, GoldenLine>();
    for (const line of readFileSync(`${goldens}/${file}`, 'utf8').trim().split('\n')) {
      const golden: GoldenLine = JSON.parse(line);
      byId.set(golden.doc_id, golden);
    }
    const limit = Math.min(task.outputType === 'generate_until' ? generations : perTask, byId.size);
    for await (const doc of prepareDocs(task, source, { family, renderChat: chat?.render ?? null, limit })) {
      const golden = byId.get(doc.docId);
      const where = `${file} ${doc.docId}`;
      if (golden === undefined || golden.prompt_hash !== doc.promptHash) throw new Error(`${where}: the prompt is not the harness's`);
      const [first] = golden.resps;
      docs.push({
        where,
        doc,
        expected: first?.length === 1 ? first[0] : golden.resps.filter((r): r is readonly [number, boolean] => r.length === 2),
      });
    }
  }
  return docs;
}

/** The day on which goldens were made, where a template printed it into the prompts. */
function dateOf(goldens: string): Date | null {
  const file = readdirSync(goldens).find((name) => name.endsWith('.chat.jsonl'));
  if (file === undefined) return null;
  const printed = /Today: (\d{1,2} \w{3} \d{4})/.exec(readFileSync(`${goldens}/${file}`, 'utf8'));
  return printed === null ? null : new Date(`${printed[1]} 12:00`);
}

export interface Comparison {
  documents: number;
  choices: number;
  generations: number;
  /** Documents with choices whose likeliest choice is the harness's. */
  decisions: number;
  /** Largest difference of a log-probability. */
  worst: number;
  /** Documents that differ in a greedy flag or a text, or failed. */
  readonly wrong: string[];
}

/**
 * Asks a backend for all documents and compares with the harness.
 */
export async function compareWith(backend: Backend, docs: readonly GoldenDoc[], keep?: Map<number, Response>): Promise<Comparison> {
  const result: Comparison = { documents: 0, choices: 0, generations: 0, decisions: 0, worst: 0, wrong: [] };
  async function* asks(): AsyncGenerator<Ask> {
    for (const [id, { doc }] of docs.entries()) yield { id, request: doc.request };
  }
  for await (const { id, response } of backend.ask(asks(), new AbortController().signal)) {
    const golden = docs[id];
    if (golden === undefined) continue;
    keep?.set(id, response);
    result.documents += 1;
    const { expected, where } = golden;
    if (response.kind === 'failure') result.wrong.push(`${where}: ${response.reason}, ${response.message}`);
    else if (typeof expected === 'string') {
      result.generations += 1;
      if (response.kind !== 'generate' || response.text !== expected)
        result.wrong.push(`${where}: ${JSON.stringify('text' in response ? response.text : null)} for ${JSON.stringify(expected)}`);
    } else if (response.kind === 'choices') {
      result.choices += expected.length;
      if (indexOfMost(response.logprobs) === indexOfMost(expected.map(([logprob]) => logprob))) result.decisions += 1;
      for (const [i, [logprob, greedy]] of expected.entries()) {
        result.worst = Math.max(result.worst, Math.abs((response.logprobs[i] ?? Number.NaN) - logprob));
        if (response.greedy[i] !== greedy) result.wrong.push(`${where}: choice ${i} greedy ${response.greedy[i]} for ${greedy}`);
      }
    }
  }
  return result;
}

function indexOfMost(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}
