import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readDataFiles } from '../../src/data/data-files.js';
import { dumpsJson } from '../../src/python/json.js';
import { isGroup } from '../../src/task-tree.js';
import { loadRegistry, selectTasks } from '../../src/tasks/registry.js';
import type { Task } from '../../src/types.js';

const folder = fileURLToPath(new URL('./fixtures/data-files', import.meta.url));

interface Case {
  readonly dataset_path: string;
  readonly dataset_kwargs: Readonly<Record<string, unknown>>;
  readonly splits: Readonly<Record<string, readonly string[]>>;
}
/** What `datasets` 3.6.0 reads, by fixtures/data-files/make-expected.py. */
const cases: readonly Case[] = JSON.parse(readFileSync(path.join(folder, 'expected.json'), 'utf8'));

let serial = 0;
async function taskOf(fields: Readonly<Record<string, unknown>>, where = folder): Promise<Task> {
  // Named so that no pattern of the cases fits it.
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'data-files-')), `t${serial++}.yaml`);
  const task = { task: 'own', output_type: 'multiple_choice', doc_to_text: 'q', doc_to_target: 0, doc_to_choice: ['a', 'b'], ...fields };
  writeFileSync(file, JSON.stringify(task));
  const [entry] = await selectTasks([file], await loadRegistry());
  if (entry === undefined || isGroup(entry)) throw new Error('no task');
  return entry.dataFiles === null ? entry : { ...entry, dataFiles: { ...entry.dataFiles, base: where } };
}

async function rows(task: Task, split: string): Promise<string[]> {
  const lines: string[] = [];
  if (task.dataFiles !== null) for await (const doc of readDataFiles(task.dataFiles, split)) lines.push(dumpsJson(doc));
  return lines;
}

describe('data_files', () => {
  it.each(cases.map((one) => [`${one.dataset_path} ${JSON.stringify(one.dataset_kwargs)}`, one] as const))('%s', async (_name, one) => {
    const [split = ''] = Object.keys(one.splits);
    const task = await taskOf({ dataset_path: one.dataset_path, dataset_kwargs: one.dataset_kwargs, test_split: split });
    for (const [name, expected] of Object.entries(one.splits)) expect(await rows(task, name)).toEqual(expected);
  });

  it.each([
    [{ dataset_path: 'json', test_split: 'test' }, 'dataset_kwargs: missing; dataset_path: json reads files'],
    [
      { dataset_path: 'HiTZ/x', test_split: 'test', dataset_kwargs: { data_files: 'a.jsonl' } },
      'data_files: goes with dataset_path: json, csv, parquet',
    ],
    [
      { dataset_path: 'json', test_split: 'test', dataset_kwargs: { data_files: 'a.jsonl' } },
      "test_split: data_files has no split 'test'; it has train (files without a split are train)",
    ],
    [
      { dataset_path: 'json', test_split: 'train', dataset_kwargs: { data_files: 'https://x.org/a.jsonl' } },
      'is an address; download the file',
    ],
    [
      { dataset_path: 'json', test_split: 'train', dataset_kwargs: { data_files: 'a.jsonl', sep: ';' } },
      'delimiter goes with dataset_path: csv',
    ],
    [{ dataset_path: 'csv', test_split: 'train', dataset_kwargs: { data_files: 'a.csv', sep: '; ' } }, 'one character separates fields'],
    [
      { dataset_path: 'csv', test_split: 'train', dataset_kwargs: { data_files: 'a.csv', skiprows: 1 } },
      "unknown field 'skiprows' in dataset_kwargs",
    ],
  ])('%j is refused when the task is loaded', async (fields, message) => {
    await expect(taskOf(fields)).rejects.toThrow(message);
  });

  it.each([
    ['none.jsonl', /no file 'none.jsonl' in .*fixtures.data-files, where the task file is/],
    ['none-*.jsonl', /no file 'none-\*\.jsonl'/],
    ['parts', /parts is a folder; name its files, as in parts.\*\.jsonl/],
    ['lines.jsonl.gz', /packed files \(.gz\) are not read; unpack it/],
  ])('%s is one line', async (file, message) => {
    const task = await taskOf({ dataset_path: 'json', test_split: 'train', dataset_kwargs: { data_files: file } });
    await expect(rows(task, 'train')).rejects.toThrow(message);
  });

  it('all splits have the fields of the first, as in datasets', async () => {
    const data = mkdtempSync(path.join(tmpdir(), 'data-files-'));
    writeFileSync(path.join(data, 'a.jsonl'), '{"q": "a"}\n');
    writeFileSync(path.join(data, 'b.jsonl'), '{"q": "b", "more": 1}\n');
    const task = await taskOf(
      { dataset_path: 'json', test_split: 'test', dataset_kwargs: { data_files: { test: 'a.jsonl', train: 'b.jsonl' } } },
      data,
    );
    await expect(rows(task, 'train')).rejects.toThrow("the field 'more' is in no row of the first split");
  });

  it('results show no folder of the machine', async () => {
    const task = await taskOf({
      dataset_path: 'json',
      test_split: 'test',
      dataset_kwargs: { data_files: { test: ['/srv/data/a.jsonl', 'b.jsonl'] } },
    });
    expect(task.config.dataset_kwargs).toEqual({ data_files: { test: ['a.jsonl', 'b.jsonl'] } });
  });

  it.each([
    ['[1, 2]', 'item 1: expected a JSON object, found a number'],
    ['[{"q": "a"}', 'expected one JSON object a line, or a list of objects'],
  ])('a list that is none: %s', async (text, message) => {
    const data = mkdtempSync(path.join(tmpdir(), 'data-files-'));
    writeFileSync(path.join(data, 'a.json'), text);
    const task = await taskOf({ dataset_path: 'json', test_split: 'train', dataset_kwargs: { data_files: 'a.json' } }, data);
    await expect(rows(task, 'train')).rejects.toThrow(message);
  });
});
