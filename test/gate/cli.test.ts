import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { docs, type FakeDoc, type FakeRun, scratch, spoil, writeRun } from '../compare/runs.js';

afterEach(() => vi.restoreAllMocks());

async function cli(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.out += String(text);
      return true;
    }),
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      written.err += String(text);
      return true;
    }),
  ];
  const code = await main(argv);
  for (const spy of spies) spy.mockRestore();
  return { code, ...written };
}

const NAMES = ['eus_trivia', 'eus_reading', 'piqa', 'arc_easy'];
const run = (change: (name: string, given: FakeDoc[]) => readonly FakeDoc[] = (_, given) => given): FakeRun => ({
  tasks: NAMES.map((name) => ({ name, docs: change(name, docs(name === 'eus_reading' ? 352 : 1700, 0.6)) })),
});
const write = (r: FakeRun): string => writeRun(scratch(), r);
const only = (task: string, change: (given: FakeDoc[]) => readonly FakeDoc[]): FakeRun =>
  run((name, given) => (name === task ? change(given) : given));

describe('eus-eval gate, planted regressions', () => {
  const cases: [string, () => FakeRun, number, string, RegExp][] = [
    ['nothing', () => run(), 0, 'pass', /^$/],
    [
      '3 % of the answers of one benchmark',
      () => only('piqa', (given) => spoil(given, 51)),
      3,
      'regressed',
      /^piqa fell from 60\.00 to 57\.00/,
    ],
    ['3 % of the smallest benchmark', () => only('eus_reading', (given) => spoil(given, 11)), 3, 'regressed', /^eus_reading fell from /],
    [
      'one benchmark dropped',
      () => ({ tasks: run().tasks.filter((t) => t.name !== 'piqa') }),
      4,
      'cannot judge',
      /^piqa is missing from the candidate$/,
    ],
    [
      'a changed prompt',
      () => only('piqa', (given) => given.map((d, i) => (i === 0 ? { ...d, prompt: 'x' } : d))),
      4,
      'cannot judge',
      /^not comparable: piqa: fingerprint /,
    ],
    [
      '5 % of the requests failed',
      () => only('piqa', (given) => given.map((d, i) => (i % 20 === 7 ? { score: null } : d))),
      4,
      'cannot judge',
      /^piqa: 85 of 1700 documents of the candidate have no score, 5\.0 %/,
    ],
  ];
  it.each(cases)('%s', async (_, candidate, code, verdict, message) => {
    const [base, other] = [write(run()), write(candidate())];
    const result = await cli('gate', base, other, '--json');
    expect(result.code).toBe(code);
    const json = JSON.parse(result.out);
    expect(json.verdict).toBe(verdict);
    expect(json.reasons[0] ?? '').toMatch(message);
    expect(json.compare.benchmarks.every((r: Record<string, unknown>) => typeof r.benchmark === 'string')).toBe(true);
    const text = await cli('gate', base, other);
    expect([text.code, text.out.split('\n')[0]]).toEqual([code, `gate: ${verdict}`]);
  });
});

describe('eus-eval gate', () => {
  it('blesses, judges against the baseline, and annotates a pull request', async () => {
    const folder = scratch();
    const baseline = path.join(folder, 'baseline.json');
    const base = write(run());
    expect(await cli('gate', baseline, base, '--bless')).toMatchObject({ code: 0, out: '', err: `baseline: ${baseline}\n` });
    expect((await cli('gate', baseline, base)).code).toBe(0);
    const summary = path.join(folder, 'summary.md');
    writeFileSync(summary, '');
    vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
    const worse = write(only('piqa', (given) => spoil(given, 51)));
    const result = await cli('gate', baseline, worse, '--github');
    vi.stubEnv('GITHUB_STEP_SUMMARY', '');
    expect(await cli('gate', baseline, worse, '--github')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/GITHUB_STEP_SUMMARY is not set/),
    });
    vi.unstubAllEnvs();
    expect(result.code).toBe(3);
    expect(result.err).toMatch(/^::error title=eus-eval gate%3A piqa regressed::piqa fell from 60\.00 to 57\.00 /);
    expect(readFileSync(summary, 'utf8')).toContain('- piqa fell from 60.00 to 57.00');
  });

  it('escapes what a stranger’s file calls itself', async () => {
    const evil = '<img src=x>|`]]>&"\u0007::error::@all %0A';
    const folder = scratch();
    const [junit, summary] = [path.join(folder, 'j.xml'), path.join(folder, 's.md')];
    const tasks = (changed: boolean): FakeRun => ({
      model: 'acme/m',
      tasks: [{ name: 'x', docs: changed ? spoil(docs(900, 0.6), 60) : docs(900, 0.6) }],
    });
    const [base, worse] = [write(tasks(false)), write(tasks(true))];
    for (const run of [base, worse]) {
      const file = path.join(run, 'results_2025-01-01T00-00-00.000000.json');
      const content = JSON.parse(readFileSync(file, 'utf8'));
      for (const field of ['results', 'versions', 'n-shot', 'n-samples', 'task_hashes'])
        content[field] = { [`${evil}\n`]: content[field].x };
      content.model_name = evil;
      writeFileSync(file, JSON.stringify(content));
    }
    vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
    const result = await cli('gate', base, worse, '--junit', junit, '--github');
    vi.unstubAllEnvs();
    expect(result.code).toBe(3);
    const xml = readFileSync(junit, 'utf8');
    const { JSDOM } = await import('jsdom');
    const dom = new JSDOM(xml, { contentType: 'text/xml' });
    expect(dom.window.document.querySelector('failure')?.textContent).toContain('<img src=x>|`]]>&"\uFFFD::error::@all %0A');
    expect(result.err.trim().split('\n')).toHaveLength(1);
    expect(result.err).toContain('%250A');
    const markdown = readFileSync(summary, 'utf8');
    expect(markdown).not.toMatch(/<img|[^\\]`|@all|[^\P{Cc}\n]/u);
  });

  it('says in one line what is wrong with its input', async () => {
    const base = write(run());
    expect(await cli('gate', '/nowhere', base)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^eus-eval: \/nowhere: no such file or folder; expected .*\n$/),
    });
    const policy = path.join(scratch(), 'p.yaml');
    writeFileSync(policy, 'floor: 1');
    expect(await cli('gate', base, base, '--config', policy)).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/p\.yaml: floor: no such field; valid: /),
    });
  });
});

describe('eus-eval compare', () => {
  it('prints the contract’s JSON, with nothing else on standard output', async () => {
    const result = await cli('compare', write(run()), write(only('piqa', (given) => spoil(given, 51))), '--json');
    expect([result.code, result.err]).toEqual([0, '']);
    const json = JSON.parse(result.out);
    const fields = [
      'benchmark',
      'language',
      'n',
      'base',
      'candidate',
      'difference',
      'low',
      'high',
      'p',
      'p_holm',
      'flips_up',
      'flips_down',
      'paired',
      'detectable',
    ];
    for (const row of json.benchmarks) expect(Object.keys(row)).toEqual(expect.arrayContaining(fields));
    expect(json.benchmarks.map((r: Record<string, unknown>) => [r.benchmark, r.language, r.flips_up, r.flips_down])).toEqual([
      ['eus_reading', 'eu', 0, 0],
      ['eus_trivia', 'eu', 0, 0],
      ['arc_easy', 'en', 0, 0],
      ['piqa', 'en', 0, 51],
    ]);
    expect(json.languages.map((r: Record<string, unknown>) => r.language)).toEqual(['eu', 'en']);
  });

  it('prints what can be compared and ends with 2 when something cannot', async () => {
    const other = { tasks: run().tasks.map((t) => (t.name === 'piqa' ? { ...t, shots: 3 } : t)) };
    const result = await cli('compare', write(run()), write(other));
    expect(result.code).toBe(2);
    expect(result.err).toBe(
      'eus-eval: 1 benchmark is not comparable: piqa: shots 5 and 3; run both models with the same tasks and prompts, or compare anyway with --allow shots\n',
    );
    expect(result.out).toContain('refused: piqa: shots 5 and 3');
    expect(result.out).toContain('eus_trivia');
    expect((await cli('compare', write(run()), write(other), '--allow', 'shots')).code).toBe(0);
  });

  it('shows flips, and takes models by name', async () => {
    const root = scratch();
    writeRun(root, { ...run(), model: 'a/one' });
    writeRun(root, { ...only('piqa', (given) => spoil(given, 2)), model: 'a/two' });
    const result = await cli('compare', 'a/one', 'a/two', '--in', root, '--flips', '1');
    expect(result.out).toContain('## piqa: right to wrong (document ');
    expect(result.out).toContain('Question 1 of piqa');
    expect(await cli('compare', 'a/one', 'a/two', '--in', root, '--flips', 'many')).toMatchObject({ code: 2, out: '' });
    expect(await cli('compare', 'a/one', 'a/two', '--in', root, '--allow', 'prompts')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Valid: fingerprint, shots, version.'),
    });
  });
});
