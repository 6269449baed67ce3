import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { isGroup, leavesOf } from '../../src/task-tree.js';
import { loadRegistry, selectTasks } from '../../src/tasks/registry.js';
import { SHARED, shared } from '../shared.js';

const registry = await loadRegistry();
const names = async (...spec: string[]) => (await selectTasks(spec, registry)).map((entry) => entry.name);

describe('the built-in tasks', () => {
  it('are the 29 benchmarks of the paper with their 89 tasks and 128,447 documents', () => {
    expect(registry.benchmarks).toHaveLength(29);
    expect(registry.benchmarks.flatMap(leavesOf)).toHaveLength(89);
    expect(registry.benchmarks.reduce((sum, x) => sum + (x.meta.documents ?? 0), 0)).toBe(128_447);
  });

  it('count the documents of a group as the sum of its tasks', () => {
    for (const benchmark of registry.benchmarks.filter(isGroup)) {
      expect(leavesOf(benchmark).reduce((sum, task) => sum + (task.meta.documents ?? 0), 0)).toBe(benchmark.meta.documents);
    }
  });

  it('average the language groups as the paper does: 14, 9 and 4 benchmarks besides bias', () => {
    const count = (language: string) =>
      registry.benchmarks.filter((x) => x.meta.language === language && x.meta.category !== 'bias').length;
    expect([count('eu'), count('en'), count('es')]).toEqual([14, 9, 4]);
  });
});

describe.skipIf(SHARED === null)('against the record of what was run', () => {
  it('every setting of every benchmark', () => {
    const records: readonly {
      benchmark: string;
      language: string;
      category: string;
      headline_metric: string;
      documents: number;
      subtasks: Record<string, number> | null;
      tree: Record<string, string[]> | null;
      config: Record<string, unknown>;
    }[] = JSON.parse(readFileSync(shared('paper/tasks.json'), 'utf8'));
    expect(records).toHaveLength(29);
    for (const record of records) {
      const entry = registry.entries.get(record.benchmark);
      if (entry === undefined) throw new Error(`no ${record.benchmark}`);
      expect(entry.meta).toEqual({
        language: record.language,
        category: record.category,
        headlineMetric: record.headline_metric,
        documents: record.documents,
      });
      const leaves = leavesOf(entry);
      if (record.subtasks !== null) expect(Object.fromEntries(leaves.map((x) => [x.name, x.meta.documents]))).toEqual(record.subtasks);
      for (const [group, members] of Object.entries(record.tree ?? {})) {
        const found = registry.entries.get(group);
        if (found === undefined || !isGroup(found)) throw new Error(`no group ${group}`);
        expect(found.children.map((x) => x.name).sort()).toEqual([...members].sort());
      }
      const named = new Set(['doc_to_text', 'doc_to_choice', 'process_docs', 'dataset_name', 'metric_list']);
      for (const task of leaves) {
        for (const [key, value] of Object.entries(record.config)) {
          const byName = typeof value === 'string' && /see README|drop documents|group ==|</.test(value);
          if (!(named.has(key) && byName) && key !== 'metric_list') expect(task.config[key], `${task.name} ${key}`).toEqual(value);
        }
      }
    }
  });
});

describe('choosing tasks', () => {
  it('by name, group, wildcard, language, all, and lists with commas', async () => {
    expect(await names('eus_trivia')).toEqual(['eus_trivia']);
    expect(await names('eus_exams_eu_university')).toEqual(['eus_exams_eu_university']);
    expect(await names('bbq_Age_ambig, piqa')).toEqual(['bbq_Age_ambig', 'piqa']);
    expect(await names('mmlu_*')).toEqual(expect.arrayContaining(['mmlu_eu', 'mmlu_en', 'mmlu_es']));
    expect((await names('eu')).length).toBe(15);
    expect((await names('en')).length).toBe(10);
    expect((await names('es')).length).toBe(4);
    expect((await names('all')).length).toBe(29);
  });

  it('never a task twice: repeated, or inside a group that is also named', async () => {
    expect(await names('piqa', 'piqa', 'all')).toHaveLength(29);
    expect(await names('bbq_*')).toHaveLength(18);
    expect(await names('bbq*')).toEqual(['bbq']);
    expect(await names('eus_exams_eu_osakidetza1e', 'eus_exams_eu_health_system')).toEqual(['eus_exams_eu_health_system']);
  });

  it('unknown names: one line with the nearest', async () => {
    await expect(names('eus_trivai')).rejects.toThrow(/unknown task 'eus_trivai'.*Did you mean eus_trivia\?/);
    await expect(names('nothing_*')).rejects.toThrow(/no task matches/);
    await expect(names('')).rejects.toThrow(/no tasks named/);
    await expect(names('__proto__')).rejects.toThrow(/unknown task/);
    await expect(names('constructor')).rejects.toThrow(/unknown task/);
    await expect(names('absent.yaml')).rejects.toThrow(/no such file/);
  });

  it('a foreign task may not take the name of another chosen task', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'task-')), 'x.yaml');
    await writeFile(file, 'task: piqa\ndataset_path: a/b\ntest_split: test\ndoc_to_text: "{{q}}"\ndoc_to_target: "{{a}}"\n');
    expect(await names(file)).toEqual(['piqa']);
    await expect(names(file, 'piqa')).rejects.toThrow(/piqa/);
  });
});
