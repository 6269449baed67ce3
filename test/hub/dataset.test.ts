import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openHub } from '../../src/data/hub.js';
import type { Progress } from '../../src/hub/progress.js';
import type { HubSettings } from '../../src/hub/settings.js';
import { hearingWaits } from '../../src/hub/waits.js';
import { dumpsJson } from '../../src/python/json.js';
import type { Doc } from '../../src/types.js';
import { collect, failure, put, tempFolder } from '../data/temp.js';
import { model, parquet, settingsFor, trivia } from './helpers.js';
import { commitOf, etagOf, type HubServer, startHub } from './hub-server.js';

const expected: Record<string, string[]> = JSON.parse(readFileSync(new URL('../data/fixtures/expected.json', import.meta.url), 'utf8'));
const conversion = (files: Record<string, string | Uint8Array>) => ({ 'refs/convert/parquet': files });
let hub: HubServer;
let cache: string;

beforeAll(async () => {
  hub = await startHub([
    trivia,
    model,
    { kind: 'dataset', name: 'piqa', revisions: conversion({ 'plain_text/train/0000.parquet': parquet('hub') }) },
    { kind: 'dataset', name: 'HiTZ/gated', gated: true, revisions: conversion({ 'default/test/0000.parquet': parquet('hub') }) },
    { kind: 'dataset', name: 'HiTZ/secret', private: true, revisions: conversion({ 'default/test/0000.parquet': parquet('hub') }) },
    { kind: 'dataset', name: 'HiTZ/large', revisions: conversion({ 'default/partial-test/0000.parquet': parquet('hub') }) },
    { kind: 'dataset', name: 'HiTZ/script', revisions: { main: { 'script.py': 'raise SystemExit', 'README.md': '# script' } } },
    {
      kind: 'dataset',
      name: 'HiTZ/own',
      unconverted: true,
      revisions: {
        main: {
          'README.md':
            '---\nconfigs:\n- config_name: eu\n  data_files:\n  - split: test\n    path: "eu/*.jsonl"\n  - split: train\n    path: data/t*-*.parquet\n---\n# Own\n',
          'eu/b.jsonl': '{"i": 2}\n',
          'eu/a.jsonl': '{"i": 1}\n',
          'data/train-00000-of-00001.parquet': parquet('hub'),
          'load.py': 'raise SystemExit',
        },
      },
    },
    {
      kind: 'dataset',
      name: 'HiTZ/plain',
      unconverted: true,
      revisions: { main: { 'dev.jsonl': '{"i": 1}\n', 'data/test-00000-of-00001.parquet': parquet('hub') } },
    },
    {
      kind: 'dataset',
      name: 'HiTZ/tree',
      unconverted: true,
      revisions: conversion({
        'a/test/0000.parquet': parquet('hub'),
        'b/test/0000.parquet': parquet('delta'),
        'b/train/0000.parquet': parquet('delta'),
      }),
    },
  ]);
});
afterAll(() => hub.close());
beforeEach(() => {
  cache = tempFolder();
  hub.seen.length = 0;
  hub.faults.length = 0;
});

function read(name: string, config = 'default', split = 'test', settings: HubSettings = settingsFor(hub, cache)): Promise<Doc[]> {
  return collect(openHub({ dir: null, offline: false }, settings).split(name, config, split));
}
const offline = (): HubSettings => settingsFor(hub, cache, { offline: true });

describe('data sets of the hub', () => {
  it('come through the parquet conversion, with the JSON of Python datasets', async () => {
    expect((await read('HiTZ/EusTrivia')).map(dumpsJson)).toEqual(expected.hub);
    expect((await read('HiTZ/EusTrivia', 'default', 'train')).map(dumpsJson)).toEqual([
      ...(expected['codec-snappy'] ?? []),
      ...(expected['codec-gzip'] ?? []),
    ]);
  });

  it('lie in the cache in the layout of the Python tools', async () => {
    await read('HiTZ/EusTrivia');
    const repo = join(cache, 'datasets--HiTZ--EusTrivia');
    const commit = commitOf(trivia, 'refs/convert/parquet');
    const etag = etagOf(parquet('hub'));
    expect(readFileSync(join(repo, 'refs/refs/convert/parquet'), 'utf8')).toBe(commit);
    expect(readlinkSync(join(repo, 'snapshots', commit, 'default/test/0000.parquet'))).toBe(`../../../../blobs/${etag}`);
    expect(readdirSync(join(repo, 'blobs'))).toEqual([etag]);
  });

  it('are read offline afterwards, without a request', async () => {
    await read('HiTZ/EusTrivia');
    hub.seen.length = 0;
    expect((await read('HiTZ/EusTrivia', 'default', 'test', offline())).map(dumpsJson)).toEqual(expected.hub);
    expect(hub.seen).toEqual([]);
  });

  it('are not downloaded again, and then cost a listing and one header', async () => {
    await read('HiTZ/EusTrivia');
    hub.seen.length = 0;
    await read('HiTZ/EusTrivia');
    expect(hub.seen.filter(({ method }) => method === 'GET').map(({ path }) => path)).toEqual(['/api/datasets/HiTZ/EusTrivia/parquet']);
    expect(hub.seen.some(({ at }) => at === 'cdn')).toBe(false);
  });

  it('without an organisation, by their only configuration', async () => {
    expect(await read('piqa', 'default', 'train')).toHaveLength(25);
    expect(await read('piqa', 'default', 'train', offline())).toHaveLength(25);
    expect(await failure(read('piqa', 'plain', 'train'))).toContain("no configuration 'plain'; it has plain_text.");
  });

  it('without a listing, by the tree of the conversion', async () => {
    expect((await read('HiTZ/tree', 'b', 'train')).map(dumpsJson)).toEqual(expected.delta);
    expect(await failure(read('HiTZ/tree'))).toContain("no configuration 'default'; it has a, b.");
    expect(await failure(read('HiTZ/tree', 'default', 'train', offline()))).toContain("run 'eus-eval fetch'");
  });

  it('without a conversion, by their own files, and no script is run', async () => {
    expect(await read('HiTZ/own', 'eu')).toEqual([{ i: 1 }, { i: 2 }]);
    expect(await read('HiTZ/own', 'eu', 'train')).toHaveLength(25);
    expect(await read('HiTZ/plain', 'default', 'validation')).toEqual([{ i: 1 }]);
    expect(await read('HiTZ/plain')).toHaveLength(25);
    expect(await read('HiTZ/own', 'eu', 'test', offline())).toEqual([{ i: 1 }, { i: 2 }]);
    expect(existsSync(join(cache, 'datasets--HiTZ--own/snapshots', 'load.py'))).toBe(false);
    expect(await failure(read('HiTZ/script'))).toContain('its script is not run');
  });

  it('share one download between readers', async () => {
    const source = openHub({ dir: null, offline: false }, settingsFor(hub, cache));
    const [one, two] = await Promise.all([1, 2].map(() => collect(source.split('HiTZ/EusTrivia', 'default', 'test'))));
    expect(one).toEqual(two);
    expect(hub.seen.filter(({ at, method }) => at === 'cdn' && method === 'GET')).toHaveLength(1);
  });

  it('report progress up to the whole size', async () => {
    const seen: Progress[] = [];
    await collect(
      openHub({ dir: null, offline: false, onProgress: (progress) => seen.push(progress) }, settingsFor(hub, cache)).split(
        'HiTZ/EusTrivia',
        'default',
        'test',
      ),
    );
    const size = parquet('hub').length;
    expect(seen.at(-1)).toEqual({ what: 'data set HiTZ/EusTrivia: default/test/0000.parquet', doneBytes: size, totalBytes: size });
  });
});

describe('the token', () => {
  it('opens a gated data set and is sent to the endpoint alone', async () => {
    expect(await read('HiTZ/gated', 'default', 'test', settingsFor(hub, cache, { token: hub.token }))).toHaveLength(25);
    const cdn = hub.seen.filter(({ at }) => at === 'cdn');
    expect(cdn.length).toBeGreaterThan(0);
    expect(cdn.every(({ authorization }) => authorization === undefined)).toBe(true);
    expect(hub.seen.filter(({ at }) => at === 'hub').every(({ authorization }) => authorization === `Bearer ${hub.token}`)).toBe(true);
  });

  it('missing or wrong: says what to do, never what the token is', async () => {
    const without = await failure(read('HiTZ/gated'));
    expect(without).toBe(
      `data set HiTZ/gated is gated: accept its licence at ${hub.endpoint}/datasets/HiTZ/gated, then set HF_TOKEN to your access token`,
    );
    const wrong = await failure(read('HiTZ/gated', 'default', 'test', settingsFor(hub, cache, { token: 'hf_wrongtoken' })));
    expect(wrong).toContain('check that HF_TOKEN belongs to the account');
    expect(wrong).not.toContain('hf_wrong');
    expect(await failure(read('HiTZ/secret'))).toContain('does not exist at http://127.0.0.1');
  });
});

describe('broken downloads', () => {
  const blobs = (): string[] => readdirSync(join(cache, 'datasets--HiTZ--EusTrivia/blobs'));

  /** True when the unfinished download has so many bytes. */
  const has = (bytes: number) => (): boolean =>
    blobs().some((name) => statSync(join(cache, 'datasets--HiTZ--EusTrivia/blobs', name)).size >= bytes);

  it('go on where a connection was cut', async () => {
    hub.faults.push(
      { path: '/blob/', kind: 'cut', value: 1000, until: has(1000) },
      { path: '/blob/', kind: 'cut', value: 500, until: has(1500) },
    );
    expect((await read('HiTZ/EusTrivia')).map(dumpsJson)).toEqual(expected.hub);
    expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toEqual([undefined, 'bytes=1000-', 'bytes=1500-']);
  });

  it('start over when the server ignores the range', async () => {
    hub.faults.push({ path: '/blob/', kind: 'cut', value: 1000, until: has(1000) }, { path: '/blob/', kind: 'ignore range' });
    expect(await read('HiTZ/EusTrivia')).toHaveLength(25);
  });

  it('go on in a later run, also after a process that was killed', async () => {
    for (let i = 0; i < 10; i++) hub.faults.push({ path: '/blob/', kind: 'cut', value: i === 0 ? 1000 : 0, until: has(1000) });
    expect(await failure(read('HiTZ/EusTrivia'))).toMatch(
      /the connection broke at 1000 of \d+ bytes \(.*\); run again to go on from there/,
    );
    expect(blobs()).toEqual([expect.stringMatching(/^[0-9a-f]{64}\..*\.incomplete$/)]);
    // As another process on this machine that is gone would have left it.
    const [left = ''] = blobs();
    const folder = join(cache, 'datasets--HiTZ--EusTrivia/blobs');
    renameSync(join(folder, left), join(folder, left.replace(/-\d+\.incomplete$/, '-4194305.incomplete')));
    hub.faults.length = 0;
    hub.seen.length = 0;
    expect(await read('HiTZ/EusTrivia')).toHaveLength(25);
    expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toEqual(['bytes=1000-']);
    expect(blobs()).toEqual([etagOf(parquet('hub'))]);
  });

  it('wait for a living process that downloads the same file, and use what it brings', async () => {
    const etag = etagOf(parquet('hub'));
    const folder = 'datasets--HiTZ--EusTrivia/blobs';
    put(cache, `${folder}/${etag}.eus-eval.lock`, 'elsewhere-1');
    let waits = 0;
    const sleep = async (): Promise<void> => {
      if (++waits === 3) put(cache, `${folder}/${etag}`, parquet('hub'));
    };
    expect(await read('HiTZ/EusTrivia', 'default', 'test', settingsFor(hub, cache, { sleep }))).toHaveLength(25);
    expect(waits).toBe(3);
    expect(hub.seen.some(({ at }) => at === 'cdn')).toBe(false);
  });

  it('break the lock of a process that is gone, and leave nothing behind', async () => {
    const etag = etagOf(parquet('hub'));
    const folder = 'datasets--HiTZ--EusTrivia/blobs';
    const own = `${hostname().replace(/[^A-Za-z0-9-]/g, '-')}-4194305`;
    put(cache, `${folder}/${etag}.eus-eval.lock`, own);
    put(cache, `${folder}/${etag}.${own}.incomplete`, parquet('hub').subarray(0, 2000));
    put(cache, `${folder}/${etag}.${own}1.incomplete`, 'shorter');
    expect(await read('HiTZ/EusTrivia')).toHaveLength(25);
    expect(hub.seen.filter(({ at }) => at === 'cdn').map(({ range }) => range)).toEqual(['bytes=2000-']);
    expect(blobs()).toEqual([etag]);
    // Another machine's lock counts as given up after two minutes without a new byte.
    cache = tempFolder();
    put(cache, `${folder}/${etag}.eus-eval.lock`, 'elsewhere-1');
    const later = (): number => Date.now() + 130_000;
    expect(await read('HiTZ/EusTrivia', 'default', 'test', settingsFor(hub, cache, { now: later }))).toHaveLength(25);
  });

  it('are checked: a wrong content is fetched once more, and then refused', async () => {
    hub.faults.push({ path: '/blob/', kind: 'corrupt' });
    expect(await read('HiTZ/EusTrivia')).toHaveLength(25);
    cache = tempFolder();
    hub.faults.push({ path: '/blob/', kind: 'corrupt' }, { path: '/blob/', kind: 'corrupt' });
    expect(await failure(read('HiTZ/EusTrivia'))).toContain('does not match its checksum');
    expect(blobs()).toEqual([]);
    expect(await failure(read('HiTZ/EusTrivia', 'default', 'test', offline()))).toContain("run 'eus-eval fetch'");
  });

  it('never exceed the announced size', async () => {
    hub.faults.push({ path: '/resolve/', kind: 'wrong size' }, { path: '/resolve/', kind: 'wrong size' });
    expect(await failure(read('HiTZ/EusTrivia'))).toContain('more than the');
  });

  it('are tried again after 429 and 5xx, with growing waits, and then give up', async () => {
    const waits: number[] = [];
    hub.faults.push(
      { path: '/parquet', kind: 'status', value: 500 },
      { path: '/parquet', kind: 'status', value: 429, headers: { 'retry-after': '7' } },
    );
    expect(await read('HiTZ/EusTrivia', 'default', 'test', settingsFor(hub, cache, {}, waits))).toHaveLength(25);
    expect(waits).toEqual([1000, 7000]);
    for (let i = 0; i < 5; i++) hub.faults.push({ path: '/parquet', kind: 'status', value: 503 });
    const said: string[] = [];
    const answer = hearingWaits(
      (line) => void said.push(line),
      () => failure(read('HiTZ/EusTrivia')),
    );
    expect(await answer).toContain('answered with status 503; try again later');
    // Nobody sits before a silent terminal for a minute.
    expect(said).toHaveLength(4);
    expect(said[3]).toMatch(/HiTZ\/EusTrivia.*: waiting for http:\S+ \(HTTP 503\); asking again in 8 s, try 5 of 5$/);
  });

  it('leave a split that is never taken for whole', async () => {
    for (let i = 0; i < 10; i++) hub.faults.push({ path: etagOf(parquet('codec-gzip')), kind: 'cut', value: 0 });
    await failure(read('HiTZ/EusTrivia', 'default', 'train'));
    expect(await failure(read('HiTZ/EusTrivia', 'default', 'train', offline()))).toContain('is only partly in the cache');
  });

  it('work with a server that knows no HEAD', async () => {
    for (let i = 0; i < 9; i++) hub.faults.push({ path: '/', kind: 'no head', at: 'hub' });
    hub.faults.shift();
    expect(await read('HiTZ/EusTrivia')).toHaveLength(25);
  });
});

describe('clear errors', () => {
  it('absent data sets, configurations and splits', async () => {
    expect(await failure(read('HiTZ/EusTrivai'))).toContain('data set HiTZ/EusTrivai does not exist at');
    expect(await failure(read('HiTZ/EusTrivia', 'defaut'))).toContain(
      "has no configuration 'defaut'; it has default. Did you mean default?",
    );
    expect(await failure(read('HiTZ/EusTrivia', 'default', 'tes'))).toContain(
      "has no split 'tes'; it has test, train, validation. Did you mean test?",
    );
  });

  it('only a part was converted', async () => expect(await failure(read('HiTZ/large'))).toContain('converted only the first part'));

  it('offline and not in the cache: the command that fetches, and no request', async () => {
    expect(await failure(read('HiTZ/EusTrivia', 'default', 'test', offline()))).toMatch(
      /is not in the cache .* and this is offline; run 'eus-eval fetch' with a connection first/,
    );
    expect(hub.seen).toEqual([]);
  });

  it('no connection', async () => {
    const nowhere = settingsFor(hub, cache, { endpoint: 'http://127.0.0.1:9' });
    expect(await failure(read('HiTZ/EusTrivia', 'default', 'test', nowhere))).toMatch(
      /cannot reach http:\/\/127\.0\.0\.1:9: the connection failed \(.+\); check the connection/,
    );
  });

  it('a redirect to something that is no web address', async () => {
    hub.faults.push({ path: 'resolve', kind: 'downgrade' });
    hub.faults.push({ path: 'resolve', kind: 'downgrade' }, { path: 'resolve', kind: 'downgrade' });
    expect(await failure(read('HiTZ/EusTrivia'))).toContain('no web address');
  });

  it('a full disk or a cache that cannot be written', async () => {
    put(cache, 'datasets--HiTZ--EusTrivia', 'a file where a folder should be');
    expect(await failure(read('HiTZ/EusTrivia'))).toContain('cannot write');
  });

  it('hostile listings', async () => {
    const evil = (listing: unknown) => ({
      kind: 'dataset' as const,
      name: 'HiTZ/evil',
      revisions: { 'refs/convert/parquet': {}, main: {} },
      listing,
    });
    const url = `${hub.endpoint}/datasets/HiTZ/evil/resolve/refs%2Fconvert%2Fparquet`;
    for (const [listing, message] of [
      [{ '../x': { test: [`${url}/a.parquet`] } }, 'is not valid'],
      [{ default: { '..': [`${url}/a.parquet`] } }, 'is not valid'],
      [{ default: { test: [`${url}/..%2F..%2Fa.parquet`] } }, 'leads out of its folder'],
      [{ default: { test: [`${url}/%E0%A4%A.parquet`] } }, 'not valid'],
      [{ default: { test: ['no address'] } }, 'no web address'],
      [{ default: ['x'] }, 'unknown shape'],
      ['text', 'unknown shape'],
      [{ default: { test: [`${url}/partial-test/0000.parquet`] } }, 'only the first part'],
      [{ default: { test: ['http://169.254.169.254/latest/meta-data'] } }, 'data set HiTZ/evil'],
    ] as const) {
      hub.repos.push(evil(listing));
      expect(await failure(read('HiTZ/evil'))).toContain(message);
      hub.repos.pop();
    }
    hub.repos.push({ ...evil(undefined), tree: [{ type: 'file', path: '../../x/0000.parquet', size: 1 }] });
    expect(await failure(read('HiTZ/evil'))).toContain('leads out of its folder');
    hub.repos.pop();
  });
});
