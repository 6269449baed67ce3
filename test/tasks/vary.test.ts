import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../src/data/folder.js';
import { packagePath } from '../../src/package-files.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { leavesOf, type TaskNode } from '../../src/task-tree.js';
import { loadRegistry, selectTasks } from '../../src/tasks/registry.js';
import { changeShots, isVaried, parseShots, variationOf, variedAs, withSeed } from '../../src/tasks/vary.js';

const registry = await loadRegistry();
const select = (...words: string[]) => selectTasks(words, registry);
const shotsOf = (nodes: readonly TaskNode[]) =>
  Object.fromEntries(nodes.flatMap(leavesOf).map(({ name, fewshot }) => [name, fewshot.count]));

async function prompts(nodes: readonly TaskNode[]): Promise<string[]> {
  const source = await openFolder(packagePath('fixtures/data'));
  const found: string[] = [];
  for (const task of nodes.flatMap(leavesOf))
    for await (const { context } of prepareDocs(task, source, { family: 'plain', renderChat: null })) found.push(String(context));
  return found;
}

describe('--num-fewshot', () => {
  it('changes all tasks, or those named; a name goes before, that of a task before that of its group', async () => {
    const nodes = await select('eus_trivia', 'eus_exams_eu', 'arc_eu_easy');
    const changed = shotsOf(changeShots(nodes, parseShots(['2', 'eus_exams_eu=1', 'eus_exams_eu_opeosakiauxeu=0'])));
    expect([changed.eus_trivia, changed.arc_eu_easy, changed.eus_exams_eu_ejadministrari, changed.eus_exams_eu_opeosakiauxeu]).toEqual([
      2, 2, 1, 0,
    ]);
    expect(new Set(Object.values(shotsOf(nodes)))).toEqual(new Set([5]));
  });

  it('the prompts have as many examples', async () => {
    const nodes = await select('eus_trivia');
    for (const count of [0, 1, 7]) {
      const [first = ''] = await prompts(changeShots(nodes, parseShots([String(count)])));
      expect(first.split('Galdera:').length - 1).toBe(count + 1);
    }
    // As many as the file says is nothing else.
    expect(changeShots(nodes, parseShots(['5']))).toEqual(nodes);
  });

  it("is not the file's, and says so in settings from which shards are joined", async () => {
    const nodes = await select('eus_trivia', 'arc_eu_easy');
    const changed = changeShots(nodes, parseShots(['eus_trivia=0']));
    const tasks = changed.flatMap(leavesOf);
    expect(tasks.map(isVaried)).toEqual([true, false]);
    expect(variationOf(tasks)).toEqual({ '--num-fewshot': 'eus_trivia=0' });
    expect(variedAs(nodes, variationOf(tasks))).toEqual(changed);
    expect(variationOf(nodes.flatMap(leavesOf))).toEqual({});
  });

  it.each([
    ['x', '--num-fewshot x: write a number from 0 to 1000, or TASK=NUMBER'],
    ['-1', 'write a number from 0 to 1000'],
    ['1001', 'write a number from 0 to 1000'],
    ['=1', 'write a number'],
    ['eus_trivia=', 'write a number'],
  ])('%s is refused', (word, message) => {
    expect(() => parseShots([word])).toThrow(message);
  });

  it.each([
    [['1', '2'], 'of all tasks is there twice'],
    [['eus_trivia=1', 'eus_trivia=2'], 'of eus_trivia is there twice'],
  ])('%j', (words, message) => {
    expect(() => parseShots(words)).toThrow(message);
  });

  it('an unknown name is told with the nearest one', async () => {
    const nodes = await select('eus_trivia');
    expect(() => changeShots(nodes, parseShots(['eus_trivial=1']))).toThrow(
      /--num-fewshot eus_trivial: no such task in this run.*eus_trivia/,
    );
  });
});

describe('seeds of the draws', () => {
  it('give other examples and the same documents; the seed of the paper gives its own', async () => {
    const nodes = await select('eus_trivia');
    const [paper, again, other] = await Promise.all([
      prompts(nodes),
      prompts(nodes.map((n) => withSeed(n, 1234))),
      prompts(nodes.map((n) => withSeed(n, 7))),
    ]);
    expect(again).toEqual(paper);
    const last = (text: string): string => text.slice(text.lastIndexOf('Galdera:'));
    expect(other.map(last)).toEqual(paper.map(last));
    expect(other).not.toEqual(paper);
    const tasks = nodes.map((n) => withSeed(n, 7)).flatMap(leavesOf);
    expect([tasks.every(isVaried), variationOf(tasks)]).toEqual([true, { '--fewshot-seeds': '7' }]);
  });
});

describe('num_fewshot in a group', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'group-'));
  const own =
    'task: own\ndataset_path: a/b\ntest_split: test\noutput_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: 0\ndoc_to_choice: [a, b]\nnum_fewshot: 5\ntag: mine\n';
  writeFileSync(path.join(folder, 'own.yaml'), own);
  writeFileSync(path.join(folder, 'second.yaml'), own.replace('task: own', 'task: second'));
  let serial = 0;
  const group = async (text: string): Promise<Record<string, number>> => {
    const file = path.join(folder, `g${serial}.yaml`);
    writeFileSync(file, `group: g${serial++}\n${text}`);
    return shotsOf(await select(file));
  };

  it('of a member: a task of the folder, a tag, a built-in task or group', async () => {
    expect(await group('task: [{task: own, num_fewshot: 3}, {task: eus_trivia, num_fewshot: 0}, arc_eu_easy]')).toEqual({
      own: 3,
      eus_trivia: 0,
      arc_eu_easy: 5,
    });
    expect(await group('task: [{task: mine, num_fewshot: 1}]')).toEqual({ own: 1, second: 1 });
    expect(new Set(Object.values(await group('task: [{task: eus_exams_eu, num_fewshot: 2}]')))).toEqual(new Set([2]));
  });

  it('of all members, which wins over theirs as in the harness', async () => {
    expect(await group('num_fewshot: 4\ntask: [own, {task: eus_trivia, num_fewshot: 0}, arc_eu_easy]')).toEqual({
      own: 4,
      eus_trivia: 4,
      arc_eu_easy: 4,
    });
  });

  it.each([
    [
      'task: [own, {task: eus_trivia, num_fewshot: many}]',
      /g\d+\.yaml: task\.1 \(eus_trivia\): num_fewshot: expected a whole number from 0 to 1000/,
    ],
    ['task: [{task: own, num_fewshot: many}]', /g\d+\.yaml: task\.0 \(own\): .*own\.yaml: num_fewshot: /],
    ['task: [own, {task: new, dataset_path: a/b}]', /g\d+\.yaml: task\.1 \(new\): doc_to_text: missing/],
    ['bogus: 1\ntask: [own]', /g\d+\.yaml: task\.0 \(own\): .*own\.yaml: unknown field 'bogus'/],
    [
      'task: [own, {group: inner, task: [second, {task: new, dataset_path: a/b}]}]',
      /: task\.1 \(inner\): task\.1 \(new\): doc_to_text: missing/,
    ],
    [
      'task: [{task: eus_trivia, description: x}]',
      /task\.0 \(eus_trivia\): description: of the built-in task eus_trivia a group can change num_fewshot only/,
    ],
    ['task: [{task: eus_trivial, num_fewshot: 1}]', /task\.0 \(eus_trivial\): there is no task 'eus_trivial'.*eus_trivia/],
  ])('%s is refused', async (text, message) => {
    await expect(group(text)).rejects.toThrow(message);
  });
});
