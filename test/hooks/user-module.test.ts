import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openData } from '../../src/data/open.js';
import { UserError } from '../../src/errors.js';
import { prepareDocs } from '../../src/prompts/prepare.js';
import { scoreDocument } from '../../src/scoring/score.js';
import { leavesOf } from '../../src/task-tree.js';
import { openRegistry } from '../../src/tasks/open-registry.js';
import { selectTasks } from '../../src/tasks/registry.js';
import type { PreparedDoc } from '../../src/types.js';

const folder = mkdtempSync(path.join(tmpdir(), 'hooks-'));
const write = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

const TASK = write(
  'own.yaml',
  `task: own
dataset_path: made-up/labels3
test_split: test
output_type: multiple_choice
process_docs: !function utils.keep_long
doc_to_text: !function utils.ask
doc_to_target: !function utils.right
doc_to_choice: !function utils.choices
process_results: !function utils.score
metric_list:
  - {metric: acc, aggregation: mean}
  - {metric: surprise, aggregation: !function utils.largest, higher_is_better: false}
`,
);
const MODULE = `
export const keep_long = (doc) => (doc.text.length > 10 ? { ...doc, text: doc.text.toUpperCase(), added: [1, 'bi'] } : null);
export const ask = (doc) => 'Testua: ' + doc.text;
export const right = (doc) => doc.label;
export const choices = () => ['ezkorra', 'neutroa', 'baikorra'];
export function score(doc, results) {
  const logprobs = results.map(([logprob]) => logprob);
  return { acc: logprobs.indexOf(Math.max(...logprobs)) === doc.label, surprise: -logprobs[doc.label] };
}
export const largest = (values) => Math.max(...values);
export const note = 'not a function';
`;

async function documents(module: string, name = 'hooks.mjs'): Promise<PreparedDoc[]> {
  const [task] = (await selectTasks([TASK], await openRegistry(write(name, module)))).flatMap(leavesOf);
  if (task === undefined) throw new Error('no task');
  const source = await openData({ dir: path.resolve('fixtures/metrics/data'), offline: true });
  const docs: PreparedDoc[] = [];
  for await (const doc of prepareDocs(task, source, { family: 'plain', renderChat: null, limit: 4 })) docs.push(doc);
  return docs;
}

describe('a JavaScript module in place of Python functions', () => {
  it('answers every field that can name a function', async () => {
    const docs = await documents(MODULE);
    expect(docs.map(({ doc }) => doc.text)).toEqual(['10. ESALDIA', '11. ESALDIA', '12. ESALDIA', '13. ESALDIA']);
    const [doc] = docs;
    if (doc?.request.kind !== 'choices') throw new Error('no choices');
    expect(doc.request).toEqual({ kind: 'choices', context: 'Testua: 10. ESALDIA', continuations: [' ezkorra', ' neutroa', ' baikorra'] });
    expect(doc.doc.added).toEqual([1, 'bi']);
    expect(doc.target).toBe(1);
    const scored = docs.map(
      (one) => scoreDocument(one, { kind: 'choices', logprobs: [-1, -2, -0.5], greedy: [false, false, true] })[0]?.metrics,
    );
    expect(scored).toEqual([
      { acc: 0, surprise: 2 },
      { acc: 0, surprise: 2 },
      { acc: 0, surprise: 1 },
      { acc: 0, surprise: 2 },
    ]);
    const [, surprise] = doc.task.metrics;
    expect(surprise?.estimate([2, 2, 1])).toEqual({ value: 2, stderr: null });
    expect(surprise?.higherIsBetter).toBe(false);
  });

  it.each<readonly [string, string, RegExp]>([
    [
      'that lacks a function',
      MODULE.replace('export const ask', 'const ask'),
      /doc_to_text: !function utils\.ask is Python code.*--hooks FILE/,
    ],
    ['whose function fails', MODULE.replace("'Testua: ' + doc.text", 'doc.a.b'), /own, document 0, doc_to_text: ask of .*: Cannot read/],
    [
      'that waits',
      MODULE.replace("(doc) => 'Testua", "async (doc) => 'Testua"),
      /doc_to_text: ask of .* returned a promise; hooks are synchronous/,
    ],
    [
      'that returns no document',
      MODULE.replace("{ ...doc, text: doc.text.toUpperCase(), added: [1, 'bi'] }", "'x'"),
      /process_docs: keep_long of .* returned no document/,
    ],
    ['that does not parse', 'export const x = ;', /--hooks .*: cannot be loaded: /],
    ['without functions', 'export const x = 1;', /exports no function/],
  ])('%s is an error in one line', async (what, module, message) => {
    const error: unknown = await documents(module, `${what.replaceAll(' ', '-')}.mjs`).then(
      () => null,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(message);
    expect(String(error)).not.toContain('\n');
  });

  it('is a file that is there', async () => {
    await expect(openRegistry(path.join(folder, 'absent.mjs'))).rejects.toThrow(/--hooks .*absent\.mjs: no such file/);
  });
});
