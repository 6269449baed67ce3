import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { HubSettings } from '../../src/hub/settings.js';
import type { HubServer, TestRepo } from './hub-server.js';

/** A parquet fixture of test/data/fixtures. */
export function parquet(name: string): Uint8Array {
  return readFileSync(fileURLToPath(new URL(`../data/fixtures/${name}.parquet`, import.meta.url)));
}

/** Settings for a test's hub: no waiting, no token unless given. `waits` collects the waits asked for. */
export function settingsFor(hub: HubServer, cacheDir: string, more: Partial<HubSettings> = {}, waits: number[] = []): HubSettings {
  const sleep = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  return { endpoint: hub.endpoint, token: null, cacheDir, offline: false, sleep, now: () => Date.now(), ...more };
}

/** A converted data set with a large split, a small one, and one in two shards. */
export const trivia: TestRepo = {
  kind: 'dataset',
  name: 'HiTZ/EusTrivia',
  revisions: {
    'refs/convert/parquet': {
      'default/test/0000.parquet': parquet('hub'),
      'default/train/0000.parquet': parquet('codec-snappy'),
      'default/train/0001.parquet': parquet('codec-gzip'),
      'default/validation/0000.parquet': parquet('delta'),
    },
  },
};

/** A small model: the contents do not matter here, only which files are there. */
export const model: TestRepo = {
  kind: 'model',
  name: 'HiTZ/tiny',
  revisions: {
    main: {
      'README.md': '# no',
      'config.json': '{"model_type": "llama"}',
      'tokenizer.json': `{"version": "1.0", "pad": "${'x'.repeat(600)}"}`,
      'tokenizer_config.json': '{}',
      'chat_template.jinja': '{{ messages }}',
      'model.safetensors.index.json': '{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}',
      'model-00001-of-00002.safetensors': 'A'.repeat(5000),
      'model-00002-of-00002.safetensors': 'B'.repeat(4000),
      'pytorch_model.bin': 'never',
      'modeling_tiny.py': 'never',
    },
    'v1.0': { 'config.json': '{"model_type": "old"}', 'tokenizer.json': '{}', 'model.safetensors': 'C'.repeat(700) },
  },
};
