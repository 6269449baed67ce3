/** The examples of docs/task-files.md, as they stand there. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { packagePath } from '../../src/package-files.js';
import { isGroup, leavesOf } from '../../src/task-tree.js';
import { loadRegistry, selectTasks } from '../../src/tasks/registry.js';

const page = readFileSync(packagePath('docs/task-files.md'), 'utf8');

/** The block of the page that begins with `first`, without its margin. */
function block(first: string): string {
  const found = [...page.matchAll(/(?:^ {4}.*\n|^\n(?= {4}))+/gm)].map(([text]) => text.replace(/^ {4}/gm, '').trim());
  const text = found.find((one) => one.startsWith(first));
  if (text === undefined) throw new Error(`no block ${first}`);
  return `${text}\n`;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'task-docs-'));
});
afterEach(() => {
  vi.restoreAllMocks();
});

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const documents = (n: number, from = 0): string =>
  Array.from({ length: n }, (_, i) =>
    JSON.stringify({
      question: `Zenbat da ${from + i}?`,
      candidates: ['bat', 'bi'],
      answer: i % 2,
      text: `  testu luze bat ${i} `,
      label: i % 2,
    }),
  ).join('\n');

async function run(task: string, ...more: string[]): Promise<string> {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  let err = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text);
    return true;
  });
  const code = await main(['run', '--model', 'fake:1', '--tasks', task, '--out', path.join(folder, 'results'), '-q', ...more]);
  expect(code, err).toBe(0);
  return out;
}

describe('docs/task-files.md', () => {
  it('a task', async () => {
    const file = write('my_task.yaml', block('task: my_trivia'));
    write('data/ORG/NAME/default/test.jsonl', documents(12));
    expect(await run(file, '--data', path.join(folder, 'data'))).toMatch(/my_trivia\|.*\|5 +\|acc .*\| +12\|/);
  });

  it("data of one's own", async () => {
    const task = block('task: my_trivia').replace(/^(dataset_path|dataset_name|test_split|fewshot_split|num_fewshot):.*\n/gm, '');
    const file = write('my_task.yaml', task + block('dataset_path: json'));
    write('galderak.jsonl', documents(4));
    write('more/a.jsonl', documents(3, 10));
    write('old/x/y.jsonl', documents(2, 20));
    expect(await run(file)).toMatch(/my_trivia\|.*\|acc .*\| +4\|/);
  });

  it('a group', async () => {
    const task = block('task: my_trivia');
    write('one.yaml', task.replace('my_trivia', 'task_in_a_file_of_this_folder'));
    write('two.yaml', `${task.replace('my_trivia', 'tagged')}tag: a_tag\n`);
    write('three.yaml', task.replace('my_trivia', 'another'));
    const [group, ...others] = await selectTasks([write('group.yaml', block('group: my_group'))], await loadRegistry());
    expect(others).toEqual([]);
    if (group === undefined || !isGroup(group)) throw new Error('no group');
    expect(leavesOf(group).map(({ name, fewshot }) => [name, fewshot.count])).toEqual([
      ['task_in_a_file_of_this_folder', 5],
      ['tagged', 5],
      ['eus_trivia', 5],
      ['another', 3],
    ]);
    expect(group.aggregate).toEqual([{ metric: 'acc', filters: ['none'], weightBySize: true }]);
  });

  it('functions', async () => {
    const hooks = write('hooks.mjs', block('// hooks.mjs'));
    const file = write(
      'task.yaml',
      `task: hooked
dataset_path: json
dataset_kwargs: {data_files: {test: documents.jsonl}}
test_split: test
output_type: multiple_choice
process_docs: !function hooks.keep_long
doc_to_text: !function hooks.ask
doc_to_target: label
doc_to_choice: [a, b]
process_results: !function hooks.score
metric_list: [{metric: acc}, {metric: surprise, higher_is_better: false}]
`,
    );
    write('documents.jsonl', `${documents(3)}\n${JSON.stringify({ question: '', candidates: [], answer: 0, text: 'labur', label: 0 })}\n`);
    const out = await run(file, '--hooks', hooks);
    expect(out).toMatch(/hooked\|.*\|acc .*\| +3\|/);
    expect(out).toMatch(/surprise/);
  });
});
