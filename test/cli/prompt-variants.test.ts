import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { eusEval } from './eus-eval.js';

const folder = mkdtempSync(path.join(tmpdir(), 'variants-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = (out: string, ...more: string[]) =>
  eusEval(['run', '--model', 'fake:1', '--data', packagePath('fixtures/data'), '--out', path.join(folder, out), '--no-journal', ...more]);

function file(name: string, text: string): string {
  const full = path.join(folder, name);
  writeFileSync(full, text);
  return full;
}

function contentOf(out: string) {
  const dir = path.join(folder, out, 'fake-1');
  const names = readdirSync(dir).sort();
  const read = (start: string) => readFileSync(path.join(dir, names.find((name) => name.startsWith(start)) ?? 'none'), 'utf8');
  return { content: JSON.parse(read('results_')), read };
}

const VARIANTS = `eus_trivia:
  bare: { doc_to_text: "{{question.strip()}}", fewshot_delimiter: "\\n" }
  asked: { description: "Erantzun galderari.\\n\\n" }
`;

describe('variants of prompts', () => {
  it('are tasks of their own beside the original, with worst, mean and best', async () => {
    expect((await run('plain', '--tasks', 'eus_trivia')).code).toBe(0);
    const ended = await run('varied', '--tasks', 'eus_trivia', '--prompt-variants', file('v.yaml', VARIANTS));
    expect(ended.code, ended.stderr).toBe(0);
    const { content, read } = contentOf('varied');
    // The number of the paper's prompt is what it is without variants.
    expect(content.results.eus_trivia).toEqual(contentOf('plain').content.results.eus_trivia);
    const summary = content.eus_eval.prompt_variants.eus_trivia;
    expect(Object.keys(summary.scores)).toEqual(['original', 'bare', 'asked']);
    const values = ['eus_trivia', 'eus_trivia@bare', 'eus_trivia@asked'].map((name) => content.results[name]['acc,none']);
    expect(Object.values<{ value: number }>(summary.scores).map(({ value }) => value)).toEqual(values);
    expect(summary.scores.bare.stderr).toBe(content.results['eus_trivia@bare']['acc_stderr,none']);
    expect([summary.scores[summary.worst].value, summary.scores[summary.best].value]).toEqual([Math.min(...values), Math.max(...values)]);
    expect(summary.mean).toBeCloseTo(values.reduce((a, b) => a + b, 0) / 3, 12);
    expect(ended.stdout.replace(/\s+/g, ' ')).toMatch(/Prompts of eus_trivia, acc: worst .* mean .* best .* of 3 wordings/);
    const first = (name: string) => JSON.parse(read(`samples_${name}_`).split('\n')[0] ?? '');
    const [original, bare, asked] = ['eus_trivia', 'eus_trivia@bare', 'eus_trivia@asked'].map(
      (name) => first(name).arguments.gen_args_0.arg_0,
    );
    expect(asked).toBe(`Erantzun galderari.\n\n${original}`);
    expect(bare).not.toContain('Galdera:');
    expect(bare.split('\n').at(-1)).toBe(first('eus_trivia').doc.question.trim());
    // What no language has as a benchmark changes no average.
    expect(content.eus_eval.averages).toEqual(contentOf('plain').content.eus_eval.averages);
  });

  it('of a task file are taken by themselves', async () => {
    const own = `include: ${packagePath('tasks')}/INCLUDED\ntask: own\nprompt_variants:\n  short: { doc_to_text: "{{question}}" }\n`;
    const trivia =
      readdirSync(packagePath('tasks'), { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('eus_trivia.yaml')) ?? '';
    const ended = await run('own', '--tasks', file('own.yaml', own.replace('INCLUDED', trivia)), '--limit', '4');
    expect(ended.code, ended.stderr).toBe(0);
    expect(Object.keys(contentOf('own').content.eus_eval.prompt_variants.own.scores)).toEqual(['original', 'short']);
  });

  it.each([
    ['a task that is not run', 'piqa: { a: { doc_to_text: x } }', /piqa: no such task in this run/],
    ['an unknown field', 'eus_trivia: { a: { doc_to_txt: x } }', /unknown field 'doc_to_txt' in eus_trivia\.a/],
    ['a template that does not compile', 'eus_trivia: { a: { doc_to_text: "{{ question" } }', /doc_to_text/],
    ['nothing', '{}', /no task in it/],
  ])('%s is one clear line', async (_, text, message) => {
    const ended = await run('bad', '--tasks', 'eus_trivia', '--prompt-variants', file('bad.yaml', text));
    expect(ended.code).toBe(2);
    expect(ended.stderr).toMatch(message);
    expect(existsSync(path.join(folder, 'bad', 'fake-1'))).toBe(false);
  });
});
