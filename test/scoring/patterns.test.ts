import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { loadRegistry, type Registry, selectTasks } from '../../src/tasks/registry.js';

let registry: Registry;
const folder = mkdtempSync(path.join(tmpdir(), 'patterns-'));
beforeAll(async () => {
  registry = await loadRegistry();
});

/** Reads a task file with one pattern in its filter and one to ignore. */
function load(pattern: string, ignored: string): Promise<unknown> {
  const file = path.join(folder, 'task.yaml');
  const lines = [
    'task: mine',
    'dataset_path: my/data',
    'test_split: test',
    'output_type: generate_until',
    'doc_to_text: question',
    'doc_to_target: answer',
    `filter_list: [{ name: mine, filter: [{ function: regex, regex_pattern: ${JSON.stringify(pattern)} }, { function: take_first }] }]`,
    `metric_list: [{ metric: exact_match, regexes_to_ignore: [${JSON.stringify(ignored)}] }]`,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  return selectTasks([file], registry);
}

test('a pattern that cannot be used is an error when the task file is read, with file and field', async () => {
  await expect(load('(\\d+', ',')).rejects.toThrow(
    /task\.yaml: filter_list: the regular expression "\(\\\\d\+" cannot be used: missing \), .* position 0/,
  );
  await expect(load('(\\d+)', '*')).rejects.toThrow(/task\.yaml: metric_list: .*nothing to repeat at position/);
  await expect(load('(?P<n>\\d+)', '\\N{BULLET}')).rejects.toThrow(/metric_list: .*not supported/);
  await expect(load('(?P<n>\\d+)', ',')).resolves.toHaveLength(1);
});
