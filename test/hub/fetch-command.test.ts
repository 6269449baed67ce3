import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '../../src/cli/main.js';
import { tempFolder } from '../data/temp.js';
import { model } from './helpers.js';
import { type HubServer, startHub } from './hub-server.js';

const question = {
  id: 0,
  category: 'Kirola',
  difficulty: 'easy',
  question: 'Zer da?',
  candidates: ['bat', 'bi', 'hiru', 'lau'],
  answer: 1,
};
const documents = Array.from(
  { length: 8 },
  (_, id) => `${JSON.stringify({ ...question, id, question: `Zer da ${id}?` })}
`,
).join('');
let hub: HubServer;

beforeAll(async () => {
  hub = await startHub([
    { kind: 'dataset', name: 'HiTZ/EusTrivia', unconverted: true, revisions: { main: { 'test.jsonl': documents } } },
    model,
  ]);
});
afterAll(() => hub.close());
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** Runs the command line with a cache; returns exit code and what it printed. */
async function run(home: string, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  for (const [name, value] of Object.entries({
    HF_HOME: home,
    HF_ENDPOINT: hub.endpoint,
    HF_TOKEN: '',
    HF_HUB_CACHE: '',
    HF_HUB_OFFLINE: '',
  }))
    vi.stubEnv(name, value);
  const out: string[] = [];
  const err: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => out.push(String(text)) > 0);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  const code = await main(argv);
  vi.restoreAllMocks();
  return { code, out: out.join(''), err: err.join('') };
}

describe('eus-eval fetch', () => {
  it('brings data and model for later offline use', async () => {
    const home = tempFolder();
    const fetched = await run(home, 'fetch', 'eus_trivia', '--model', 'HiTZ/tiny', '--json');
    expect(fetched).toMatchObject({ code: 0 });
    expect(JSON.parse(fetched.out)).toMatchObject({
      datasets: [
        { dataset: 'HiTZ/EusTrivia', configuration: 'default', split: 'test', files: 1, bytes: documents.length, revision: 'main' },
      ],
      model: { name: 'HiTZ/tiny' },
      failures: [],
    });
    hub.seen.length = 0;
    const again = await run(home, 'fetch', 'eus_trivia', '--model', 'HiTZ/tiny', '--offline');
    expect(again.code).toBe(0);
    expect(again.out).toMatch(/\|HiTZ\/EusTrivia *\| *1\| *1\| *\d+ kB\|/);
    const shown = await run(home, 'show', 'eus_trivia', '--offline', '--json');
    expect(shown.out).toContain('Galdera: Zer da 0?');
    expect(hub.seen).toEqual([]);
  });

  it('goes on after a data set that cannot be had, and says which', async () => {
    const { code, out, err } = await run(tempFolder(), 'fetch', 'eus_trivia', 'eus_reading', '--json');
    expect(code).toBe(2);
    expect(JSON.parse(out).datasets).toHaveLength(1);
    expect(JSON.parse(out).failures).toMatchObject([{ dataset: 'HiTZ/EusReading', split: 'test' }]);
    expect(err).toContain('eus-eval: data set HiTZ/EusReading does not exist at');
  });

  it('only the model', async () => {
    const { code, out } = await run(tempFolder(), 'fetch', '--no-data', '--model', 'onnx:HiTZ/tiny', '--quiet');
    expect({ code, out: out.replace(/:.*\//s, ': ') }).toMatchObject({ code: 0 });
    expect(out).toMatch(/^model HiTZ\/tiny \([0-9a-f]{8}\): .*models--HiTZ--tiny/);
  });

  it.each([
    [['fetch', '--no-data'], '--no-data leaves nothing to fetch'],
    [['fetch', '--no-data', '--model', 'openai:gpt-4o'], 'nothing to fetch, openai models'],
    [['fetch', 'eus_trivial'], "unknown task 'eus_trivial'"],
    [['fetch', '--offline', 'eus_trivia'], "run 'eus-eval fetch' with a connection first"],
  ])('%j', async (argv, message) => {
    const { code, err } = await run(tempFolder(), ...argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});
