import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandFor } from '../../src/view/browser.js';
import { findRuns } from '../../src/view/catalog.js';
import { hashOf, viewOf } from '../../src/view/client/address.js';
import { makeSource } from '../../src/view/engine.js';
import { type Exported, exportData } from '../../src/view/export.js';
import { type FileProvider, makeFileProvider } from '../../src/view/files.js';
import { FILTERS, type Query, type Source, STATE } from '../../src/view/protocol.js';
import { fieldSpans } from '../../src/view/scan-line.js';
import { serveView, type ViewServer } from '../../src/view/serve.js';
import { questionStart } from '../../src/view/split-prompt.js';
import { EVIL, type MadeDocument, writeRun } from './runs.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'view-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const providers: FileProvider[] = [];
afterAll(async () => {
  for (const provider of providers) await provider.close();
});

async function open(...dirs: string[]): Promise<{ source: Source; provider: FileProvider }> {
  const provider = makeFileProvider(await findRuns(dirs, null));
  providers.push(provider);
  await provider.indexAll(new AbortController().signal);
  return { source: makeSource(provider), provider };
}

const query = (run: string, more: Partial<Query> = {}): Query => ({
  run,
  other: null,
  scope: 'all',
  subject: null,
  filter: 'all',
  text: '',
  sort: 'order',
  ...more,
});

const DOCUMENTS: readonly MadeDocument[] = [
  { question: 'Non dago Gernika?', scores: [-1, -2], gold: 0, subject: 'Geografia' },
  { question: `Zer da ${EVIL}?`, scores: [-3, -1.5], gold: 0, subject: 'Zientzia' },
  { question: 'Nor da lehendakaria?', scores: [-0.5, -4], gold: 1, subject: 'constructor', cut: 7 },
  { question: 'Ñabardura, 日本, 😀 eta "komatxoak" \\ alderantziz', scores: null, gold: 0, subject: 'Zientzia' },
];
const FLIPPED = DOCUMENTS.map((doc, i) => (i === 0 ? { ...doc, scores: [-2, -1] } : i === 1 ? { ...doc, scores: [-1, -2] } : doc));

describe('fieldSpans', () => {
  it('finds the very values that JSON.parse has, of any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'doc', 'x y'), fc.jsonValue()), fc.nat(3), (object, indent) => {
        const text = Buffer.from(JSON.stringify(object, null, indent)).toString('latin1');
        const spans = fieldSpans(text, 0, text.length, new Set(['a', 'doc', 'x y']));
        const found = [...(spans ?? [])].map(([key, { start, end }]) => [
          key,
          JSON.parse(Buffer.from(text.slice(start, end), 'latin1').toString()),
        ]);
        expect(Object.fromEntries(found)).toEqual(JSON.parse(JSON.stringify(object)));
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('never reads on for ever, and calls broken lines broken', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40, unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ':', ',', 'a', '1', ' ') }), (text) => {
        fieldSpans(text, 0, text.length, new Set(['a']));
      }),
      { seed: 8, numRuns: 3000 },
    );
    for (const broken of ['', '[1]', '{"a"', '{"a": 1', '{a: 1}', '{"a": }'])
      expect(fieldSpans(broken, 0, broken.length, new Set(['a'])), broken).toBeNull();
  });
});

describe('questionStart', () => {
  const cut = (prompt: string, texts: string[], delimiter = '\n\n') => prompt.slice(questionStart(prompt, texts, delimiter));
  it('is the border before the document', () => {
    const shots = 'Galdera: bat da hau?\nErantzuna: bai\n\nGaldera: bi da hori?\nErantzuna: ez\n\n';
    expect(cut(`${shots}Galdera: hiru al dira?\nErantzuna:`, ['hiru al dira?', 'bai'])).toBe('Galdera: hiru al dira?\nErantzuna:');
    // A passage with an empty line inside belongs to the question.
    const passage = 'Lehen lerroa da hau.\n\nBigarren paragrafoa luzeagoa da.';
    expect(cut(`${shots}P: ${passage}\nQ: zer da?\nA:`, [passage, 'zer da?'])).toBe(`P: ${passage}\nQ: zer da?\nA:`);
    expect(cut('<|user|>\n\nGaldera: laburra da?<|end|>', ['Galdera: laburra da?'], '@@')).toBe('Galdera: laburra da?<|end|>');
    expect(cut('No text of it here', ['something else'])).toBe('No text of it here');
  });
});

describe('a run in the view', () => {
  it.each(['plain', 'gz', 'foreign'] as const)('is filtered, searched, sorted and read (%s)', async (form) => {
    const dir = path.join(folder, form);
    await writeRun(dir, 'a/b', DOCUMENTS, form);
    const { source } = await open(dir);
    const ids = async (more: Partial<Query>) => (await source.rows(query('a/b', more), 0, 10)).map(({ docId }) => docId);
    expect(await source.list(query('a/b'))).toEqual({ total: 4 });
    expect(await ids({ filter: 'right' })).toEqual([0]);
    expect(await ids({ filter: 'wrong' })).toEqual([1, 2]);
    expect(await ids({ filter: 'unscored' })).toEqual([3]);
    expect(await ids({ filter: 'cut' })).toEqual([2]);
    expect(await ids({ subject: 'Zientzia' })).toEqual([1, 3]);
    expect(await ids({ sort: 'margin' })).toEqual([2, 1, 0, 3]);
    expect(await ids({ text: 'ñabardura 日本' })).toEqual([3]);
    // The examples before the question are not searched: they stand in every prompt.
    expect(await ids({ text: 'adibidea' })).toEqual([]);
    expect(await ids({ scope: 'language:eu' })).toEqual([0, 1, 2, 3]);
    expect(await ids({ scope: 'language:es' })).toEqual([]);
    expect(await source.find(query('a/b', { filter: 'wrong' }), 'eus_trivia', '2')).toBe(1);
    const { run } = await source.document('a/b', null, 'eus_trivia', '1');
    expect(run).toMatchObject({
      question: `Galdera: Zer da ${EVIL}?\nErantzuna:`,
      target: 0,
      predicted: 1,
      margin: 1.5,
      choices: [{ text: 'A', logprob: -3 }, { text: 'B' }],
    });
    expect(run?.shots).toMatch(/^Adibidea/);
    expect((await source.document('a/b', null, 'eus_trivia', '3')).run).toMatchObject({ unscored: 'http', error: '503' });
    const summary = await source.summary('a/b', null);
    expect(summary.tasks.eus_trivia?.counts).toEqual({ all: 4, right: 1, wrong: 2, gained: 0, lost: 0, unscored: 1, cut: 1 });
    expect(Object.entries(summary.tasks.eus_trivia?.subjects ?? {}).map(([name, { all, wrong }]) => [name, all, wrong])).toEqual([
      ['Geografia', 1, 0],
      ['Zientzia', 2, 1],
      ['constructor', 1, 1],
    ]);
  });

  it('beside another one, documents paired by what they are', async () => {
    const dir = path.join(folder, 'two');
    await writeRun(path.join(dir, 'x'), 'base', DOCUMENTS, 'plain');
    // Another order, one document fewer.
    await writeRun(path.join(dir, 'y'), 'new', [...FLIPPED.slice(0, 3)].reverse(), 'gz');
    const { source } = await open(dir);
    const found = async (filter: Query['filter']) =>
      (await source.rows(query('base', { other: 'new', filter }), 0, 9)).map((row) => [row.docId, row.state, row.otherState]);
    expect(await found('gained')).toEqual([[1, STATE.wrong, STATE.right]]);
    expect(await found('lost')).toEqual([[0, STATE.right, STATE.wrong]]);
    expect(await found('flipped')).toHaveLength(2);
    expect((await found('all')).at(-1)).toEqual([3, STATE.unscored, null]);
    const pair = await source.document('base', 'new', 'eus_trivia', '0');
    expect([pair.run?.predicted, pair.other?.predicted, pair.other?.docId]).toEqual([0, 1, 2]);
    const counts = (await source.summary('base', 'new')).tasks.eus_trivia;
    expect([counts?.counts.gained, counts?.counts.lost, counts?.subjects.Geografia?.lost]).toEqual([1, 1, 1]);
  });

  it('answers from an exported page as from the files', async () => {
    const dir = path.join(folder, 'export');
    await writeRun(path.join(dir, 'x'), 'base', DOCUMENTS, 'plain');
    await writeRun(path.join(dir, 'y'), 'new', FLIPPED, 'plain');
    const { source, provider } = await open(dir);
    const text = await exportData(provider);
    expect(text).not.toContain('<');
    const exported: Exported = JSON.parse(text);
    const { embeddedSource } = await import('../../src/view/client/embedded.js');
    const copy = embeddedSource(exported);
    expect(await copy.catalog()).toEqual(await source.catalog());
    for (const filter of FILTERS) {
      for (const more of [{}, { text: 'gernika' }, { sort: 'margin' as const }]) {
        const q = query('base', { other: 'new', filter, ...more });
        expect(await copy.list(q), filter).toEqual(await source.list(q));
        const rounded = (rows: Awaited<ReturnType<Source['rows']>>) =>
          rows.map((r) => ({ ...r, margin: r.margin === null || Number.isNaN(r.margin) ? null : r.margin.toFixed(3) }));
        expect(rounded(await copy.rows(q, 0, 9))).toEqual(rounded(await source.rows(q, 0, 9)));
      }
    }
    expect(await copy.document('base', 'new', 'eus_trivia', '1')).toEqual(await source.document('base', 'new', 'eus_trivia', '1'));
  });

  it('of the harness says the numbers that its own result file says', async () => {
    const dir = fileURLToPath(new URL('../results/harness', import.meta.url));
    const { source } = await open(dir);
    const [run] = (await source.catalog()).runs;
    const { tasks } = await source.summary(run?.id ?? '', null);
    expect(run?.tasks.map(({ name }) => name).sort()).toEqual(['toy_gen', 'toy_mc']);
    for (const { name, value, documents } of run?.tasks ?? []) {
      const counts = tasks[name]?.counts;
      expect([counts?.all, (counts?.right ?? 0) / documents], name).toEqual([documents, value]);
    }
    const mc = (await source.document(run?.id ?? '', null, 'toy_mc', '0')).run;
    const picked = mc?.choices?.map(({ logprob }) => logprob ?? 0) ?? [];
    expect(mc?.predicted).toBe(picked.indexOf(Math.max(...picked)));
    const gen = (await source.document(run?.id ?? '', null, 'toy_gen', '0')).run;
    expect(gen?.generated).not.toBeNull();
    expect(gen?.choices).toBeNull();
    expect(gen?.filters.length).toBeGreaterThan(0);
  });

  it('names a sample file that is damaged and shows the others', async () => {
    const dir = path.join(folder, 'damaged');
    const file = await writeRun(dir, 'm', DOCUMENTS, 'plain');
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"doc_id": 9, "doc"\n`);
    const { source } = await open(dir);
    expect((await source.summary('m', null)).broken.eus_trivia).toMatch(/samples_eus_trivia_.*:5: not JSON/);
    expect(await source.list(query('m'))).toEqual({ total: 0 });
  });

  it('says what is missing', async () => {
    mkdirSync(path.join(folder, 'nothing'));
    await expect(findRuns([path.join(folder, 'nothing')], null)).rejects.toThrow(/no results_\*\.json in or below .*nothing/);
    const dir = path.join(folder, 'only');
    await writeRun(dir, 'm', DOCUMENTS, 'plain');
    await expect(findRuns([dir], ['piqa'])).rejects.toThrow(/--tasks piqa: no run below/);
  });
});

describe('the address of the page', () => {
  it('holds every state', () => {
    const run = (id: string) => ({ id, model: id, family: 'plain', date: 0, limit: null, shard: null, tasks: [] });
    const catalog = { version: '1', runs: [run('a/b'), run('c & d')] };
    fc.assert(
      fc.property(
        fc.record({
          scope: fc.constantFrom('all', 'task:x/y', 'benchmark:ñ'),
          subject: fc.option(fc.string({ minLength: 1 }), { nil: null }),
          filter: fc.constantFrom(...FILTERS),
          text: fc.string(),
          sort: fc.constantFrom('order', 'margin'),
          language: fc.constantFrom('eu', 'es', 'en'),
          doc: fc.option(fc.record({ task: fc.string({ minLength: 1 }), docId: fc.constantFrom('3', 'x y') }), { nil: null }),
        }),
        (state) => {
          const view = { ...state, run: 'c & d', other: 'a/b' };
          expect(viewOf(hashOf(view, true), catalog, [])).toEqual(view);
        },
      ),
      { seed: 3, numRuns: 300 },
    );
    expect(viewOf('#run=gone&with=c+%26+d&show=nonsense', catalog, ['es-ES'])).toMatchObject({
      run: 'a/b',
      other: 'c & d',
      filter: 'all',
      language: 'es',
    });
  });
});

describe('the server', () => {
  let server: ViewServer;
  let port: number;
  beforeAll(async () => {
    const dir = path.join(folder, 'served');
    await writeRun(dir, EVIL, DOCUMENTS, 'plain');
    server = await serveView((await open(dir)).source, 0);
    port = Number(new URL(server.url).port);
  });
  afterAll(() => server.close());

  /** `fetch` sets the Host header itself. */
  const ask = (
    where: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<{ status: number; body: string; policy: string }> =>
    new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port, path: where, method, headers }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, policy: String(response.headers['content-security-policy'] ?? '') }),
        );
      });
      sent.on('error', reject);
      sent.end();
    });

  it('answers only who has the token, asks this machine, and reads', async () => {
    const { pathname } = new URL(server.url);
    const page = await ask(pathname);
    expect(page.status).toBe(200);
    expect(page.policy).toMatch(/default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'/);
    expect(page.policy).not.toMatch(/unsafe/);
    expect((await ask('/')).status).toBe(404);
    expect((await ask(`/${'x'.repeat(pathname.length - 2)}/`)).status).toBe(404);
    expect((await ask(pathname, { Host: `evil.example:${port}` })).status).toBe(403);
    expect((await ask(pathname, {}, 'POST')).status).toBe(405);
    for (const odd of ['//[', 'http://[', '//:']) expect((await ask(odd)).status).toBe(400);
    expect((await ask(`${pathname}api/nothing`)).status).toBe(404);
    expect((await ask(`${pathname}api/constructor`)).status).toBe(404);
    expect(new URL(server.url).hostname).toBe('127.0.0.1');
  });

  it('leads a browser to the page once, by an address that holds no token', async () => {
    const where = new URL(server.urlForOnce()).pathname;
    const page = new URL(server.url).pathname;
    expect(where).not.toContain(page.replaceAll('/', ''));
    expect((await ask(where, {}, 'HEAD')).status).toBe(404);
    expect((await ask(`${where}x`)).status).toBe(404);
    expect((await ask(where)).status).toBe(303);
    expect((await ask(where)).status).toBe(404);
    // A new one takes the place of the old one.
    const [old, young] = [new URL(server.urlForOnce()).pathname, new URL(server.urlForOnce()).pathname];
    expect([(await ask(old)).status, (await ask(young)).status]).toEqual([404, 303]);
  });

  it('says which port is taken', async () => {
    const { source } = await open(path.join(folder, 'served'));
    await expect(serveView(source, port)).rejects.toThrow(`--port ${port}: taken by another program; leave --port out for a free one`);
  });

  it('refuses what is no call of the page, and stays', async () => {
    const { pathname } = new URL(server.url);
    const call = (what: string, args: unknown) => ask(`${pathname}api/${what}?args=${encodeURIComponent(JSON.stringify(args))}`);
    for (const args of [[], [null], [{ run: 1 }], ['x', 'y'], [{ ...query('x'), filter: 'nonsense' }, 0, 5]]) {
      for (const what of ['list', 'rows', 'find', 'document'])
        expect((await call(what, args)).status, `${what} ${JSON.stringify(args)}`).toBe(400);
    }
    expect((await call('list', [query('no such run')])).body).toContain("no run 'no such run'");
    expect((await ask(`${pathname}api/list?args=%7B`)).status).toBe(400);
    expect(JSON.parse((await call('list', [query(EVIL)])).body)).toEqual({ total: 4 });
  });
});

describe('commandFor', () => {
  it('opens a browser where there is a screen', () => {
    expect(commandFor('linux', { DISPLAY: ':0' })).toEqual(['xdg-open']);
    expect(commandFor('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open']);
    expect(commandFor('linux', {})).toBeNull();
    expect(commandFor('darwin', {})).toEqual(['open']);
    expect(commandFor('win32', {})?.[0]).toBe('rundll32');
  });
});
