import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { packagePath } from '../../src/package-files.js';
import { SHARED, shared } from '../shared.js';

const DATA = packagePath('fixtures/data');

/** Runs a command and returns its exit code and what it wrote. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.err += String(text);
    return true;
  });
  const code = await main(args);
  vi.restoreAllMocks();
  return { code, ...written };
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('list', () => {
  it('as JSON: the fields of the contract', async () => {
    const { code, out } = await run('list', '--json');
    const lines: readonly Record<string, unknown>[] = JSON.parse(out);
    expect(code).toBe(0);
    expect(lines).toHaveLength(29);
    expect(lines.find((x) => x.benchmark === 'mgsm_native_cot_eu')).toMatchObject({
      language: 'eu',
      category: 'maths and reasoning',
      documents: 250,
      headline_metric: 'exact_match,flexible-extract',
      prompts: ['plain', 'chat', 'api'],
      subtasks: [],
    });
    const exams = lines.find((x) => x.benchmark === 'eus_exams_eu');
    expect(exams?.subtasks).toHaveLength(29);
    expect(Object.keys(exams?.groups ?? {})).toHaveLength(4);
  });

  it('as a table, narrowed by names', async () => {
    const { out } = await run('list', 'es');
    expect(out).toContain('belebele_spa_Latn');
    expect(out).not.toContain('eus_trivia');
    expect(out).toContain('4 benchmarks, 4 tasks, 2,931 documents');
  });
});

describe('show', () => {
  it('as JSON: the fields of the contract, hashes as recorded by the harness', async () => {
    const golden: { tasks: Record<string, { doc: string[]; prompt: Record<string, string[]> }> } = JSON.parse(
      await readFile(packagePath('fixtures/prompts/hashes.json'), 'utf8'),
    );
    const { code, out } = await run('show', 'eus_reading', '--doc', '3', '--data', DATA, '--json');
    const shown: { doc_id: number; doc_hash: string; prompt_hash: string; choices: string[]; target: number; prompt: string } =
      JSON.parse(out);
    expect(code).toBe(0);
    expect(Object.keys(shown)).toEqual(['task', 'doc_id', 'prompt', 'choices', 'target', 'doc_hash', 'prompt_hash', 'target_hash']);
    expect(shown.doc_hash.slice(0, 16)).toBe(golden.tasks.eus_reading?.doc[3]);
    expect(shown.prompt_hash.slice(0, 16)).toBe(golden.tasks.eus_reading?.prompt.plain?.[3]);
  });

  it('api prompts are messages', async () => {
    const { out } = await run('show', 'eus_trivia', '--prompt', 'api', '--data', DATA, '--json');
    const shown: { prompt: { role: string }[] } = JSON.parse(out);
    expect(shown.prompt.map((x) => x.role).slice(0, 3)).toEqual(['system', 'user', 'assistant']);
  });

  it('says what is wrong in one line, exit code 2', async () => {
    for (const [args, message] of [
      [['show', 'eus_trivia', '--doc', '99', '--data', DATA], /--doc 99: eus_trivia has 24 documents; valid: 0 to 23/],
      [['show', 'eus_trivai', '--data', DATA], /Did you mean eus_trivia\?/],
      [['show', 'piqa', '--prompt', 'api', '--data', DATA], /piqa cannot be asked of an API model/],
      [['show', 'piqa', '--prompt', 'chat', '--data', DATA], /--prompt chat needs --model/],
      [['show', 'piqa', '--prompt', 'story', '--data', DATA], /plain, chat, api/],
      [['show', 'piqa', '--model', DATA, '--data', DATA], /--model .*: no tokenizer\.json there; give a model's folder/],
      [['verify', 'piqa', '--dta', DATA], /unknown option '--dta'/],
    ] as const) {
      const { code, out, err } = await run(...args);
      expect([code, out]).toEqual([2, '']);
      expect(err).toMatch(message);
      expect(err.trim()).not.toContain('\n');
    }
  });
});

describe('verify', () => {
  it('differs: exit code 3, with the documents found and expected', async () => {
    const { code, out } = await run('verify', 'eus_trivia', 'mmlu_es', '--data', DATA, '--json');
    const lines: readonly Record<string, unknown>[] = JSON.parse(out);
    expect(code).toBe(3);
    expect(lines[0]).toMatchObject({ task: 'eus_trivia', prompt: 'plain', status: 'differs', documents: 24, documents_expected: 1715 });
    expect(lines[0]?.detail).toBe('24 documents, should be 1715: HiTZ/EusTrivia, default/test is incomplete or of another revision');
  });

  it('a file cut short differs, also where too little is left to draw the examples from', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'data-'));
    const config = path.join(folder, 'HiTZ/EusTrivia/default');
    await mkdir(config, { recursive: true });
    for (const [text, documents] of [
      ['', 0],
      ['{"question":"a","candidates":["b","c"],"answer":0}\n'.repeat(3), 3],
    ] as const) {
      await writeFile(path.join(config, 'test.jsonl'), text);
      const { code, out } = await run('verify', 'eus_trivia', '--data', folder, '--json');
      expect(code).toBe(3);
      expect(JSON.parse(out)).toMatchObject([{ status: 'differs', actual: null, documents, documents_expected: 1715 }]);
    }
  });

  it('no data and no record are no failure', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'data-'));
    const empty = await run('verify', 'eus', 'piqa', '--data', folder).catch(() => null);
    expect(empty?.code).toBe(2);
    const { code, out, err } = await run('verify', 'piqa', 'bbq_SES_ambig', '--data', folder, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      { status: 'no data', actual: null, documents: null, documents_expected: 1838 },
      { status: 'no data' },
    ]);
    expect(err).toContain('nothing was verified');
    const api = await run('verify', 'bbq_SES_ambig', 'piqa', '--prompt', 'api', '--data', DATA, '--json');
    expect(api.code).toBe(0);
    expect(JSON.parse(api.out)).toMatchObject([
      { status: 'no record', expected: null },
      { status: 'no record', actual: null },
    ]);
  });

  it('broken data are an error that names file and line, not missing data', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'data-'));
    const config = path.join(folder, 'HiTZ/EusTrivia/default');
    await mkdir(config, { recursive: true });
    await writeFile(path.join(config, 'test.jsonl'), '{"question": "a", "candidates": ["x", "y"], "answer": 0}\n{"question": \n');
    const { code, out, err } = await run('verify', 'eus_trivia', '--data', folder, '--json');
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(/test\.jsonl.*2/);
  });

  it('explains that another chat template cannot give the recorded prompts', async () => {
    const { code, out } = await run(
      'verify',
      'mmlu_es',
      '--prompt',
      'chat',
      '--model',
      packagePath('fixtures/prompts/templates/chatml'),
      '--data',
      DATA,
    );
    expect(code).toBe(3);
    expect(out).toContain("the recorded prompts are in Llama 3.1's chat template, this model has another");
  });
});

describe.skipIf(SHARED === null)('verify against the real data sets', () => {
  const tasks = [
    'eus_trivia',
    'eus_exams_eu_ejlaguntza',
    'eus_exams_eu_opeosakiadmineu',
    'mgsm_native_cot_en',
    'bbq_Sexual_orientation_ambig',
    'bbq_Sexual_orientation_disambig',
  ];
  for (const [family, extra] of [
    ['plain', []],
    ['api', []],
    ['chat', ['--model', shared('models/llama31-chat')]],
  ] as const) {
    it(family, async () => {
      const { code, out } = await run('verify', ...tasks, '--prompt', family, ...extra, '--data', shared('data/datasets'), '--json');
      const lines: readonly { status: string; task: string; expected: string | null }[] = JSON.parse(out);
      expect(code).toBe(0);
      expect(lines).toHaveLength(tasks.length);
      for (const line of lines) expect(line.status, line.task).toBe(family === 'api' && line.expected === null ? 'no record' : 'match');
      expect(lines.filter((line) => line.status === 'match')).toHaveLength(family === 'api' ? 4 : 6);
    });
  }
});
