import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openData } from '../../src/data/open.js';
import { loadChatTemplate } from '../../src/models/chat-template.js';
import { packagePath } from '../../src/package-files.js';
import { evaluatedSplit, poolSource } from '../../src/prompts/fewshot.js';
import { taskHasher } from '../../src/prompts/fingerprint.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { leavesOf } from '../../src/task-tree.js';
import { loadRegistry } from '../../src/tasks/registry.js';
import type { PromptFamily, Task } from '../../src/types.js';

/** What the harness itself gave for the documents in fixtures/data, see make-hashes.py. */
interface Golden {
  readonly date: string;
  readonly tasks: Record<
    string,
    { readonly doc: string[]; readonly target: string[]; readonly prompt: Record<string, string[]>; readonly task: Record<string, string> }
  >;
}

const golden: Golden = JSON.parse(readFileSync(packagePath('fixtures/prompts/hashes.json'), 'utf8'));
const registry = await loadRegistry();
const tasks = new Map(registry.benchmarks.flatMap(leavesOf).map((task) => [task.name, task]));

async function prepared(task: Task, key: string, limit: number | null) {
  const [family, template] = key.split(' ');
  const now = new Date(`${golden.date} UTC`);
  const chat = template === undefined ? null : await loadChatTemplate(packagePath(`fixtures/prompts/templates/${template}`), { now });
  const source = await openData({ dir: packagePath('fixtures/data'), offline: true });
  const hasher = taskHasher(task.filters.length);
  const docs = { doc: [] as string[], target: [] as string[], prompt: [] as string[] };
  for await (const doc of prepareDocs(task, source, { family: family as PromptFamily, renderChat: chat?.render ?? null, limit })) {
    hasher.add(doc);
    docs.doc.push(doc.docHash.slice(0, 16));
    docs.target.push(doc.targetHash.slice(0, 16));
    docs.prompt.push(doc.promptHash.slice(0, 16));
  }
  return { ...docs, digest: hasher.digest() };
}

describe('prompts of all benchmarks are those of the harness, document by document', () => {
  it('covers every one of the 29 benchmarks', () => {
    const covered = registry.benchmarks.filter((benchmark) => leavesOf(benchmark).some((task) => golden.tasks[task.name] !== undefined));
    expect(covered).toHaveLength(29);
  });

  it('uses every file of fixtures/data', () => {
    const used = new Set<string>();
    for (const name of Object.keys(golden.tasks)) {
      const task = tasks.get(name);
      if (task === undefined) throw new Error(`no task ${name}`);
      const pool = poolSource(task);
      for (const split of [evaluatedSplit(task), pool.kind === 'split' ? pool.split : ''])
        used.add(`${task.datasetPath}/${task.datasetName}/${split}.jsonl`);
    }
    const files = readdirSync(packagePath('fixtures/data'), { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.jsonl'),
    );
    expect(files.filter((file) => !used.has(file))).toEqual([]);
  });

  it('uses every template of the fixtures', () => {
    const keys = new Set(Object.values(golden.tasks).flatMap((task) => Object.keys(task.prompt)));
    for (const template of readdirSync(packagePath('fixtures/prompts/templates'))) expect(keys).toContain(`chat ${template}`);
  });

  for (const [name, expected] of Object.entries(golden.tasks)) {
    for (const key of Object.keys(expected.prompt)) {
      it(`${name}, ${key}`, async () => {
        const task = tasks.get(name);
        if (task === undefined) throw new Error(`no task ${name}`);
        const actual = await prepared(task, key, expected.doc.length);
        expect(actual.doc).toEqual(expected.doc);
        expect(actual.target).toEqual(expected.target);
        expect(actual.prompt).toEqual(expected.prompt[key]);
        expect(actual.digest).toBe(expected.task[key]);
      });
    }
  }

  it('notices one changed character of a document', async () => {
    const task = tasks.get('eus_trivia');
    if (task === undefined) throw new Error('no task');
    const { digest } = await prepared({ ...task, targetDelimiter: '  ' }, 'plain', null);
    expect(digest).not.toBe(golden.tasks.eus_trivia?.task.plain);
  });
});
