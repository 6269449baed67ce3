import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { aggregateGroup } from '../../src/metrics/aggregate.js';
import { apiEntry } from '../../src/prompts/api.js';
import { isGroup, leavesOf } from '../../src/task-tree.js';
import { loadRegistry, type Registry } from '../../src/tasks/registry.js';
import type { Estimate, Group, ScoreTable } from '../../src/types.js';
import { SHARED, shared } from '../shared.js';

interface Recorded {
  model_name: string;
  results: Record<string, Record<string, number | string>>;
  groups?: Record<string, Record<string, number | string>>;
  group_subtasks: Record<string, string[]>;
  'n-samples': Record<string, { original: number; effective: number }>;
}

/** Returns the table of a recorded task. */
function tableOf(file: Recorded, name: string): ScoreTable | null {
  const result = file.results[name];
  const samples = file['n-samples'][name]?.effective;
  if (result === undefined || samples === undefined) return null;
  const estimates: Record<string, Estimate> = {};
  for (const [key, value] of Object.entries(result)) {
    const stderr = result[key.replace(',', '_stderr,')];
    if (key.includes(',') && !key.includes('_stderr') && typeof value === 'number')
      estimates[key] = { value, stderr: typeof stderr === 'number' ? stderr : null };
  }
  return { name, alias: name, estimates, samples };
}

/** Returns a recorded group as the registry has it; the two of BertaQA are no benchmarks here, only weighted means of their two tasks. */
function groupOf(name: string, subtasks: readonly string[], registry: Registry): Group {
  const entry = registry.entries.get(name);
  if (entry !== undefined && isGroup(entry)) return entry;
  const children = subtasks.map((task) => registry.entries.get(task)).filter((task) => task !== undefined);
  expect(children).toHaveLength(subtasks.length);
  const meta = { language: null, category: null, headlineMetric: 'acc', documents: null };
  return { name, alias: name, file: '', children, aggregate: [{ metric: 'acc', filters: ['none'], weightBySize: true }], version: 1, meta };
}

const EXAMS = [
  'eus_exams_eu',
  'eus_exams_eu_city_council',
  'eus_exams_eu_health_system',
  'eus_exams_eu_public_office',
  'eus_exams_eu_university',
];
/** Where the record has no number although its tasks have (explained in docs/metrics.md). */
const WITHOUT_RECORD = [
  ...['claude-3-5-sonnet-20241022', 'gpt-4o-2024-11-20'].flatMap((model) => EXAMS.map((group) => `${model} ${group}`)),
  'meta-llama__Llama-3.1-8B bertaqa_eu',
  'meta-llama__Llama-3.1-8B-Instruct bertaqa_en',
  'meta-llama__Llama-3.1-8B-Instruct bertaqa_eu',
];

describe.skipIf(SHARED === null)('groups of the 651 recorded result files', () => {
  test('recomputed from their recorded tasks they have the recorded value and standard error', async () => {
    const registry = await loadRegistry();
    const differences: string[] = [];
    const without: string[] = [];
    const compared = new Map<string, number>();
    let files = 0;
    for (const folder of readdirSync(shared('paper/lm-eval-results'))) {
      for (const name of readdirSync(shared(`paper/lm-eval-results/${folder}`))) {
        const file: Recorded = JSON.parse(readFileSync(shared(`paper/lm-eval-results/${folder}/${name}`), 'utf8'));
        files++;
        for (const [group, subtasks] of Object.entries(file.group_subtasks)) {
          if (subtasks.length === 0) continue;
          const recorded = file.results[group] ?? {};
          const entry = groupOf(group, subtasks, registry);
          const tables = new Map(
            leavesOf(entry)
              .flatMap(({ name }) => tableOf(file, name) ?? [])
              .map((table) => [table.name, table]),
          );
          const letters = [...tables.values()].some((table) => 'exact_match,strict_match' in table.estimates);
          const asked = letters ? apiEntry(entry) : entry;
          const mine = isGroup(asked) ? aggregateGroup(asked, tables) : null;
          const keys = Object.keys(recorded).filter((key) => key.includes(',') && !key.includes('_stderr'));
          expect(mine?.missing, `${folder} ${name} ${group}`).toBeUndefined();
          if (keys.length === 0) {
            without.push(`${folder} ${group}`);
            continue;
          }
          expect(Object.keys(mine?.estimates ?? {}).sort(), `${folder} ${group}`).toEqual(keys.sort());
          for (const key of keys) {
            compared.set(group, (compared.get(group) ?? 0) + 1);
            const estimate = mine?.estimates[key];
            if (!close(estimate?.value, recorded[key]))
              differences.push(`${folder} ${name} ${group} ${key}: ${estimate?.value}, recorded ${recorded[key]}`);
            const stderr = recorded[key.replace(',', '_stderr,')];
            const same = typeof stderr === 'number' ? close(estimate?.stderr, stderr) : stderr === 'N/A' && estimate?.stderr === null;
            if (!same) differences.push(`${folder} ${name} ${group} ${key}: standard error ${estimate?.stderr}, recorded ${stderr}`);
          }
        }
      }
    }
    expect(files).toBe(651);
    expect(differences).toEqual([]);
    expect(without.sort()).toEqual(WITHOUT_RECORD.sort());
    // 22 local models (one was run on bbq without its bias metric): accuracy and bias of the two bias groups, accuracy of the exams and their four sub-groups.
    expect(Object.fromEntries(compared)).toEqual({
      bbq: 43,
      basqbbq: 44,
      bertaqa_en: 3,
      bertaqa_eu: 2,
      ...Object.fromEntries(EXAMS.map((group) => [group, 22])),
    });
  });
});

function close(mine: number | null | undefined, recorded: number | string | undefined): boolean {
  return typeof mine === 'number' && typeof recorded === 'number' && Math.abs(mine - recorded) <= 1e-9;
}
