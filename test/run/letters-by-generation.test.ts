import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packagePath } from '../../src/package-files.js';
import { eusEval } from '../cli/eus-eval.js';

interface Expected {
  readonly doc_id: number;
  readonly prompt_hash: string;
  readonly prompt: string;
  readonly answer: string;
}

/** By transformers: `fixtures/scoring/letters-by-generation.py`. */
const expected: readonly Expected[] = JSON.parse(readFileSync(packagePath('fixtures/scoring/letters-by-generation.json'), 'utf8'));

describe('a letter by generation from a local model', () => {
  const out = mkdtempSync(path.join(tmpdir(), 'letters-'));
  afterAll(() => rmSync(out, { recursive: true, force: true }));

  it('is the token that transformers generates after the same messages, and the results say which family it is', async () => {
    const model = packagePath('fixtures/models/tiny-llama');
    const args = ['run', '--model', model, '--data', packagePath('fixtures/data'), '--tasks', 'eus_trivia', '--prompt', 'api'];
    const run = await eusEval([...args, '--limit', String(expected.length), '--out', out, '--no-journal', '--device', 'cpu']);
    expect(run.code, run.stderr).toBe(0);
    const folder = path.join(out, 'tiny-llama__api');
    const [results = '', samples = ''] = readdirSync(folder)
      .filter((name) => /json/.test(name))
      .sort();
    const read = (name: string) => readFileSync(path.join(folder, name), 'utf8');
    const lines = read(samples)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(
      lines.map(({ doc_id, prompt_hash, arguments: asked, resps }) => ({
        doc_id,
        prompt_hash,
        prompt: asked.gen_args_0.arg_0,
        answer: resps[0][0],
      })),
    ).toEqual(expected);
    const content = JSON.parse(read(results));
    expect(content.eus_eval.prompt).toBe('api');
    expect(content.chat_template).toBe(readFileSync(path.join(model, 'chat_template.jinja'), 'utf8'));
    expect(content.results.eus_trivia['exact_match,strict_match']).toBe(0);
  });
});
