import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ResolveModelOptions, resolveModel } from '../../src/hub/resolve-model.js';
import type { HubSettings } from '../../src/hub/settings.js';
import { failure, tempFolder } from '../data/temp.js';
import { model, settingsFor } from './helpers.js';
import { commitOf, type HubServer, startHub, type TestRepo } from './hub-server.js';

const withIndex = (name: string, index: string): TestRepo => ({
  kind: 'model',
  name,
  revisions: { main: { 'config.json': '{}', 'tokenizer.json': '{}', 'model.safetensors.index.json': index } },
});
let hub: HubServer;
let cache: string;

beforeAll(async () => {
  hub = await startHub([
    model,
    {
      kind: 'model',
      name: 'HiTZ/gated',
      gated: true,
      revisions: { main: { 'config.json': '{}', 'tokenizer.json': '{}', 'model.safetensors': 'x' } },
    },
    { kind: 'model', name: 'HiTZ/flax', revisions: { main: { 'config.json': '{}', 'tokenizer.json': '{}', 'flax_model.msgpack': 'x' } } },
    {
      kind: 'model',
      name: 'HiTZ/torch',
      revisions: { main: { 'config.json': '{}', 'tokenizer.json': '{}', 'pytorch_model.bin': 'x', 'onnx/model.onnx': 'never' } },
    },
    {
      kind: 'model',
      name: 'HiTZ/torch-shards',
      revisions: {
        main: {
          'config.json': '{}',
          'tokenizer.json': '{}',
          'pytorch_model.bin.index.json':
            '{"weight_map": {"a": "pytorch_model-00001-of-00002.bin", "b": "pytorch_model-00002-of-00002.bin"}}',
          'pytorch_model-00001-of-00002.bin': 'x',
          'pytorch_model-00002-of-00002.bin': 'y',
          'optimizer.bin': 'never',
        },
      },
    },
    {
      kind: 'model',
      name: 'HiTZ/torch-climbing',
      revisions: {
        main: { 'config.json': '{}', 'tokenizer.json': '{}', 'pytorch_model.bin.index.json': '{"weight_map": {"a": "../../x.bin"}}' },
      },
    },
    { kind: 'model', name: 'HiTZ/slow', revisions: { main: { 'config.json': '{}', 'tokenizer.model': 'x' } } },
    { kind: 'model', name: 'HiTZ/bare', revisions: { main: { 'README.md': 'x' } } },
    {
      kind: 'model',
      name: 'HiTZ/onnx',
      revisions: { main: { 'config.json': '{}', 'tokenizer.json': '{}', 'onnx/model.onnx': 'x', 'onnx/model.onnx_data': 'y' } },
    },
    withIndex('HiTZ/climbing', '{"weight_map": {"a": "../../../etc/passwd.safetensors"}}'),
    withIndex('HiTZ/pickled', '{"weight_map": {"a": "model.bin"}}'),
    withIndex('HiTZ/shapeless', '{"weight_map": [1]}'),
    withIndex('HiTZ/broken', '{"weight_map": '),
    withIndex('HiTZ/absent', '{"weight_map": {"a": "model-00001-of-00001.safetensors"}}'),
  ]);
});
afterAll(() => hub.close());
beforeEach(() => {
  cache = tempFolder();
  hub.seen.length = 0;
  hub.faults.length = 0;
});

const get = (reference: string, files: ResolveModelOptions['files'] = 'all', settings: HubSettings = settingsFor(hub, cache)) =>
  resolveModel(reference, { files, offline: false }, settings);
const offline = (): HubSettings => settingsFor(hub, cache, { offline: true });

describe('models', () => {
  it('of a folder are taken as they are, without a request', async () => {
    const folder = tempFolder({ 'config.json': '{}' });
    expect(await get(folder)).toEqual({ folder, weights: folder, adapter: null, name: folder, revision: null });
    expect(hub.seen).toEqual([]);
  });

  it('of the hub: configuration, tokenizer and weights, and nothing else', async () => {
    const found = await get('HiTZ/tiny');
    const commit = commitOf(model, 'main');
    const folder = join(cache, 'models--HiTZ--tiny/snapshots', commit);
    expect(found).toEqual({ folder, weights: folder, adapter: null, name: 'HiTZ/tiny', revision: commit });
    expect(readdirSync(found.folder).sort()).toEqual([
      'chat_template.jinja',
      'config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(readFileSync(join(found.folder, 'model-00002-of-00002.safetensors'), 'utf8')).toBe('B'.repeat(4000));
    expect(readFileSync(join(cache, 'models--HiTZ--tiny/refs/main'), 'utf8')).toBe(commit);
    expect(existsSync(join(cache, 'models--HiTZ--tiny/.no_exist', commit, 'added_tokens.json'))).toBe(true);
  });

  it('of PyTorch, where there are no safetensors', async () => {
    const one = await get('HiTZ/torch');
    expect(readdirSync(one.folder).sort()).toEqual(['config.json', 'pytorch_model.bin', 'tokenizer.json']);
    const shards = await get('HiTZ/torch-shards');
    expect(readdirSync(shards.folder).filter((name) => name.endsWith('.bin'))).toEqual(
      [1, 2].map((n) => `pytorch_model-0000${n}-of-00002.bin`),
    );
  });

  it('for prompts need only the tokenizer', async () => {
    const { folder } = await get('HiTZ/tiny', 'tokenizer');
    expect(readdirSync(folder).sort()).toEqual(['chat_template.jinja', 'config.json', 'tokenizer.json', 'tokenizer_config.json']);
  });

  it('in the cache cost one request, and none offline', async () => {
    const first = await get('HiTZ/tiny');
    hub.seen.length = 0;
    expect(await get('HiTZ/tiny')).toEqual(first);
    expect(hub.seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['HEAD /HiTZ/tiny/resolve/main/config.json']);
    hub.seen.length = 0;
    expect(await get('HiTZ/tiny', 'all', offline())).toEqual(first);
    expect(hub.seen).toEqual([]);
  });

  it('at a tag and at a commit', async () => {
    const tagged = await get('HiTZ/tiny@v1.0');
    expect(tagged.revision).toBe(commitOf(model, 'v1.0'));
    expect(readFileSync(join(tagged.folder, 'config.json'), 'utf8')).toContain('old');
    expect((await get(`HiTZ/tiny@${commitOf(model, 'v1.0')}`)).folder).toBe(tagged.folder);
    expect(await failure(get('HiTZ/tiny@v2'))).toContain('has no such revision');
  });

  it('as an ONNX export', async () => {
    expect(readdirSync(join((await get('HiTZ/onnx')).folder, 'onnx')).sort()).toEqual(['model.onnx', 'model.onnx_data']);
  });

  it('go on after a cut connection', async () => {
    hub.faults.push({ path: '/blob/model/HiTZ/tiny', kind: 'cut', value: 100 }, { path: '/blob/model/HiTZ/tiny', kind: 'cut', value: 200 });
    const { folder } = await get('HiTZ/tiny');
    expect(readFileSync(join(folder, 'model-00001-of-00002.safetensors'), 'utf8')).toBe('A'.repeat(5000));
  });

  it('gated ones open with a token, which no other host sees', async () => {
    expect((await get('HiTZ/gated', 'all', settingsFor(hub, cache, { token: hub.token }))).name).toBe('HiTZ/gated');
    expect(await failure(get('HiTZ/gated', 'all', settingsFor(hub, tempFolder())))).toBe(
      `model HiTZ/gated is gated: accept its licence at ${hub.endpoint}/HiTZ/gated, then set HF_TOKEN to your access token`,
    );
    expect(hub.seen.filter(({ at }) => at === 'cdn').every(({ authorization }) => authorization === undefined)).toBe(true);
  });
});

describe('clear errors for models', () => {
  it.each([
    ['HiTZ/nothing', 'model HiTZ/nothing does not exist at'],
    ['HiTZ/flax', 'model HiTZ/flax has none of model.safetensors, model.safetensors.index.json, pytorch_model.bin'],
    ['HiTZ/torch-climbing', "pytorch_model.bin.index.json names '../../x.bin', which is no .bin file beside it; refused"],
    ['HiTZ/slow', 'model HiTZ/slow has no tokenizer.json'],
    ['HiTZ/bare', 'model HiTZ/bare has no config.json'],
    ['HiTZ/climbing', "names '../../../etc/passwd.safetensors', which is no .safetensors file beside it; refused"],
    ['HiTZ/pickled', "names 'model.bin'"],
    ['HiTZ/shapeless', 'has no weight_map'],
    ['HiTZ/broken', 'not a readable index'],
    ['HiTZ/absent', 'names model-00001-of-00001.safetensors, which is not there'],
    ['./no/such/folder', 'no such folder'],
    ['/no/such/folder', 'no such folder'],
    ['a/b/c', 'no such folder'],
    ['gpt2', 'neither a local folder nor a Hugging Face model (ORG/NAME); valid: a folder with config.json, or ORG/NAME[@REVISION]'],
    ['', 'neither a local folder nor a Hugging Face model (ORG/NAME)'],
    ['HiTZ/..', 'neither a local folder'],
    ['HiTZ/x@../../y', "'../../y' is no revision"],
    ['HiTZ/x@', "'' is no revision"],
    ['HiTZ/x@a b', "'a b' is no revision"],
  ])('%s', async (reference, message) => {
    expect(await failure(get(reference))).toContain(message);
  });

  it('offline: names the command that fetches', async () => {
    expect(await failure(get('HiTZ/tiny', 'all', offline()))).toContain(
      "run 'eus-eval fetch --no-data --model HiTZ/tiny' with a connection first",
    );
    await get('HiTZ/tiny', 'tokenizer');
    expect(await failure(get('HiTZ/tiny', 'all', offline()))).toContain(
      "run 'eus-eval fetch --no-data --model HiTZ/tiny' with a connection first",
    );
    expect(hub.seen.some(({ path }) => path.includes('safetensors'))).toBe(false);
  });
});
