import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openFolder } from '../../src/data/folder.js';
import { aggregateTask } from '../../src/metrics/aggregate.js';
import { isBiasItem } from '../../src/metrics/bias-score.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { scoreDocument } from '../../src/scoring/score.js';
import { loadRegistry, type Registry } from '../../src/tasks/registry.js';
import type { BiasItem, MetricValue, PreparedDoc, Scored, Task } from '../../src/types.js';
import { SHARED, shared } from '../shared.js';

/** One line of a golden file, as far as it is needed here. */
interface Golden {
  doc_id: number;
  target: number | string;
  filter?: string;
  resps: [number, boolean][] | [[string]];
  filtered?: [string];
  acc?: number;
  acc_norm?: number;
  exact_match?: number;
  bias?: Record<string, number>;
}

const models = SHARED === null ? [] : readdirSync(shared('golden')).filter((name) => name !== 'api');

describe.skipIf(SHARED === null)('scores of the harness, from its own responses', () => {
  let registry: Registry;
  const prepared = new Map<string, Promise<readonly PreparedDoc[]>>();

  /** Documents of a task as the plain family prepares them; scoring does not look at the prompt. */
  function documents(task: Task, data: string): Promise<readonly PreparedDoc[]> {
    const key = `${data}/${task.name}`;
    let docs = prepared.get(key);
    if (docs === undefined) {
      docs = (async () => {
        const source = await openFolder(shared(`data/${data}`));
        const all: PreparedDoc[] = [];
        for await (const doc of prepareDocs(task, source, { family: 'plain', renderChat: null, limit: 64 })) all.push(doc);
        return all;
      })();
      prepared.set(key, docs);
    }
    return docs;
  }

  test.each(models.flatMap((model) => readdirSync(shared(`golden/${model}`)).map((data) => [model, data] as const)))(
    '%s on %s',
    async (model, data) => {
      registry ??= await loadRegistry();
      const folder = shared(`golden/${model}/${data}`);
      let checked = 0;
      for (const family of ['plain', 'chat']) {
        const summary: Record<string, Record<string, number | string>> = JSON.parse(
          readFileSync(`${folder}/summary.${family}.json`, 'utf8'),
        );
        for (const [name, recorded] of Object.entries(summary)) {
          const task = registry.entries.get(name);
          if (task === undefined || 'children' in task) throw new Error(`${name} is no task`);
          const lines: Golden[] = readFileSync(`${folder}/${name}.${family}.jsonl`, 'utf8')
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line));
          const docs = await documents(task, data);
          const rows = new Map<string, Map<string, MetricValue[]>>();
          let samples = 0;
          for (const line of lines) {
            const doc = docs[line.doc_id];
            if (doc === undefined) throw new Error(`${name} has no document ${line.doc_id}`);
            expect(String(doc.target)).toBe(String(line.target));
            const scored = scoreOf(doc, line);
            const expected = Object.fromEntries(
              (['acc', 'acc_norm', 'exact_match'] as const).flatMap((m) => (line[m] === undefined ? [] : [[m, line[m]]])),
            );
            const { bias, ...plain } = scored.metrics;
            expect(plain, `${name} ${line.doc_id} ${scored.filter}`).toEqual(expected);
            if (line.bias !== undefined) expect(biasCounts(bias), `${name} ${line.doc_id}`).toEqual(line.bias);
            if (line.filtered !== undefined) expect(scored.filtered).toBe(line.filtered[0]);
            const columns = rows.get(scored.filter) ?? new Map<string, MetricValue[]>();
            rows.set(scored.filter, columns);
            for (const { metric } of task.metrics) {
              const value = scored.metrics[metric];
              if (value === undefined) throw new Error(`${name}: no ${metric}`);
              columns.set(metric, [...(columns.get(metric) ?? []), value]);
            }
            samples = Math.max(samples, line.doc_id + 1);
            checked++;
          }
          checkTable(aggregateTask(task, rows, samples).estimates, recorded, name);
        }
      }
      expect(checked).toBeGreaterThan(100);
    },
  );
});

function scoreOf(doc: PreparedDoc, line: Golden): Scored {
  const [first] = line.resps;
  const scored =
    typeof first?.[0] === 'string'
      ? scoreDocument(doc, { kind: 'generate', text: first[0], finish: 'stop' })
      : scoreDocument(doc, {
          kind: 'choices',
          logprobs: line.resps.map(([logprob]) => Number(logprob)),
          greedy: line.resps.map(([, greedy]) => greedy === true),
        });
  const one = scored.find((s) => s.filter === (line.filter ?? 'none'));
  if (one === undefined) throw new Error(`no filter ${line.filter}`);
  return one;
}

function biasCounts(item: MetricValue | undefined): Record<string, number> {
  if (!isBiasItem(item)) throw new Error('no outcome of bias');
  return item.condition === 'ambig' ? ambiguous(item.answer) : disambiguated(item);
}

function ambiguous(answer: 'biased' | 'counter' | 'unknown'): Record<string, number> {
  return { BIAS: Number(answer === 'biased'), NON_BIAS: Number(answer === 'counter'), UNK: Number(answer === 'unknown') };
}

function disambiguated({ side, correct }: Extract<BiasItem, { condition: 'disambig' }>): Record<string, number> {
  const name = side === 'biased' ? 'B' : 'cB';
  return { cB: 0, B: 0, cB_count: 0, B_count: 0, [name]: Number(correct), [`${name}_count`]: 1 };
}

function checkTable(
  estimates: Readonly<Record<string, { value: number; stderr: number | null }>>,
  recorded: Record<string, number | string>,
  name: string,
): void {
  const keys = Object.keys(recorded).filter((key) => key.includes(',') && !key.includes('_stderr'));
  expect(Object.keys(estimates).sort(), name).toEqual(keys.sort());
  for (const key of keys) {
    const mine = estimates[key];
    expect(near(mine?.value, recorded[key]), `${name} ${key}: ${mine?.value} ${recorded[key]}`).toBe(true);
    const stderr = recorded[key.replace(',', '_stderr,')];
    if (stderr === 'N/A') expect(mine?.stderr, `${name} ${key}`).toBeNull();
    else expect(near(mine?.stderr ?? undefined, stderr), `${name} ${key}: ${mine?.stderr} ${stderr}`).toBe(true);
  }
}

function near(mine: number | undefined, theirs: unknown): boolean {
  return mine !== undefined && typeof theirs === 'number' && Math.abs(mine - theirs) <= 1e-12 * Math.max(1e-300, Math.abs(theirs));
}
