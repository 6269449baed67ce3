import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openData } from '../../src/data/open.js';
import { aggregateTask } from '../../src/metrics/aggregate.js';
import { packagePath } from '../../src/package-files.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { scoreDocument } from '../../src/scoring/score.js';
import { isGroup, leavesOf } from '../../src/task-tree.js';
import { loadRegistry, selectTasks } from '../../src/tasks/registry.js';
import type { MetricValue, PreparedDoc, Scorable, Task } from '../../src/types.js';

/** What the harness made of a task, see make-harness.py. */
interface Recorded {
  readonly fewshot: number | null;
  readonly iterations: number;
  readonly results: Readonly<Record<string, number | string>>;
  readonly documents: readonly {
    readonly target: unknown;
    readonly doc_hash: string;
    readonly prompt_hash: string;
    readonly target_hash: string;
    /** Context and continuation of each request; the text or the prompt alone where nothing follows it. */
    readonly arguments: readonly (readonly string[])[];
    readonly resps: readonly (readonly [number, boolean] | string | number)[];
    readonly scores: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  }[];
}

const recorded: Readonly<Record<string, Recorded>> = JSON.parse(readFileSync(packagePath('fixtures/harness/expected.json'), 'utf8'));
const registry = await loadRegistry();
const ownTasks = readdirSync(packagePath('fixtures/metrics')).filter((file) => file.endsWith('.yaml'));

async function taskNamed(name: string): Promise<Task> {
  const own = ownTasks.includes(`${name}.yaml`);
  const [entry] = await selectTasks([own ? packagePath(`fixtures/metrics/${name}.yaml`) : name], registry);
  if (entry === undefined || isGroup(entry)) throw new Error(`${name} is no task`);
  return entry;
}

function argumentsOf({ request }: PreparedDoc): readonly (readonly string[])[] {
  if (request.kind !== 'choices') return [[String(request.context)]];
  return request.continuations.map((continuation, i) => [request.contexts?.[i] ?? request.context, continuation]);
}

function responseOf({ request }: PreparedDoc, resps: Recorded['documents'][number]['resps']): Scorable {
  const [first] = resps;
  if (request.kind === 'generate') return { kind: 'generate', text: String(first), finish: 'stop' };
  if (request.kind === 'rolling') return { kind: 'rolling', logprob: Number(first), tokens: 1 };
  const pairs = resps.flatMap((resp) => (typeof resp === 'object' ? [resp] : []));
  return { kind: 'choices', logprobs: pairs.map(([logprob]) => logprob), greedy: pairs.map(([, greedy]) => greedy) };
}

/** All numbers and texts in a value, in order. */
function flat(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.flatMap(flat) : [value];
}

function expectNear(own: unknown, theirs: unknown, what: string): void {
  const [mine, other] = [flat(own), flat(theirs)];
  expect(mine.length, what).toBe(other.length);
  for (const [i, value] of other.entries()) {
    if (typeof value !== 'number') expect(mine[i], what).toEqual(value);
    else
      expect(Math.abs(Number(mine[i]) - value), `${what}: ${mine[i]} instead of ${value}`).toBeLessThanOrEqual(
        1e-9 * Math.max(1, Math.abs(value)),
      );
  }
}

describe('tasks of the harness and a task for each metric, on made-up documents', () => {
  for (const [name, golden] of Object.entries(recorded)) {
    it(name, async () => {
      const task = await taskNamed(name);
      const source = await openData({
        dir: packagePath(`fixtures/${ownTasks.includes(`${name}.yaml`) ? 'metrics' : 'harness'}/data`),
        offline: true,
      });
      const rows = new Map<string, Map<string, MetricValue[]>>();
      const docs: PreparedDoc[] = [];
      for await (const doc of prepareDocs(task, source, {
        family: 'plain',
        renderChat: null,
        ...(golden.fewshot === null ? {} : { numFewshot: golden.fewshot }),
      }))
        docs.push(doc);
      expect(docs.map(argumentsOf)).toEqual(golden.documents.map((one) => one.arguments));
      for (const [i, doc] of docs.entries()) {
        const one = golden.documents[i];
        if (one === undefined) throw new Error('too many documents');
        expect([doc.docHash, doc.promptHash, doc.targetHash]).toEqual([one.doc_hash, one.prompt_hash, one.target_hash]);
        for (const { filter, metrics } of scoreDocument(doc, responseOf(doc, one.resps))) {
          const theirs = one.scores[filter] ?? {};
          expect(Object.keys(metrics).sort()).toEqual(Object.keys(theirs).sort());
          for (const [metric, value] of Object.entries(metrics)) {
            expectNear(value, theirs[metric], `document ${i}, ${metric}`);
            const columns = rows.get(filter) ?? new Map<string, MetricValue[]>();
            rows.set(filter, columns);
            columns.set(metric, [...(columns.get(metric) ?? []), value]);
          }
        }
      }
      const { estimates } = aggregateTask(task, rows, docs.length, golden.iterations);
      for (const [key, value] of Object.entries(golden.results)) {
        const stderr = /_stderr,/.test(key);
        const estimate = estimates[key.replace('_stderr,', ',')];
        // Averages of F1 have no standard error in the harness, because they are functions of a task's own there.
        if (stderr && value === 'N/A' && key.startsWith('f1')) expect(estimate?.stderr).not.toBeNull();
        else expectNear(stderr ? (estimate?.stderr ?? 'N/A') : estimate?.value, value, key);
      }
    });
  }

  it('every further task of the package and every fixture is among them', async () => {
    const more = [...((await registry.more?.())?.entries.values() ?? [])].flatMap(leavesOf);
    const names = [...more.map((task) => task.name), ...ownTasks.map((file) => file.replace('.yaml', ''))];
    expect(Object.keys(recorded).sort()).toEqual([...new Set(names)].sort());
  });
});
