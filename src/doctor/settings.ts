/** What the environment says: caches, the hub, tokens and keys. Never a value that is secret. */
import { access, constants, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Env, ownCache } from '../cache-folders.js';
import { messageOf } from '../errors.js';
import { freeBytes } from '../hub/cache.js';
import { askHub } from '../hub/http.js';
import { type HubSettings, hubSettings } from '../hub/settings.js';
import { type Finding, fault, notNeeded, ok } from './finding.js';

/** Room for all data sets and a small model. */
const LITTLE_SPACE = 2e9;

/**
 * Returns the findings about the cache folders, the hub and the keys for API models. Only with `network` is the hub asked.
 */
export async function settingsFindings(network: boolean, env: Env = process.env): Promise<Finding[]> {
  let hub: HubSettings;
  try {
    hub = hubSettings(false, env);
  } catch (error) {
    return [fault('hub', 'wrong', messageOf(error), 'correct the variable'), ...keyFindings(env)];
  }
  return [
    await folderFinding('hub cache', hub.cacheDir, 'HF_HOME'),
    await ownFinding(env),
    await hubFinding(hub, network),
    tokenFinding(hub),
    ...keyFindings(env),
  ];
}

async function ownFinding(env: Env): Promise<Finding> {
  let folder: string;
  try {
    folder = ownCache(env);
  } catch (error) {
    return fault('own cache', 'wrong', messageOf(error), 'set EUS_EVAL_CACHE to a folder that you may write');
  }
  return folderFinding('own cache', folder, 'EUS_EVAL_CACHE');
}

/** The folder, or the nearest one above that exists: it must be writable, with room. */
async function folderFinding(name: string, folder: string, variable: string): Promise<Finding> {
  let at = path.resolve(folder);
  let info = await stat(at).catch(() => null);
  while (info === null && path.dirname(at) !== at) {
    at = path.dirname(at);
    info = await stat(at).catch(() => null);
  }
  const mend = `set ${variable} to a folder on a disk with room that you may write`;
  if (info?.isDirectory() !== true) return fault(name, 'wrong', `${folder}: ${at} is no folder`, mend);
  const writable = await access(at, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable) return fault(name, 'wrong', `${folder}: ${at} cannot be written`, mend);
  const free = await freeBytes(at);
  if (free === null) return ok(name, folder);
  const text = `${folder}, ${(free / 1e9).toFixed(1)} GB free`;
  return free >= LITTLE_SPACE ? ok(name, text) : fault(name, 'wrong', text, `free some space, or ${mend}`);
}

async function hubFinding(hub: HubSettings, network: boolean): Promise<Finding> {
  if (hub.offline) return notNeeded('hub', `${hub.endpoint}; HF_HUB_OFFLINE is set, so only the cache is used`);
  if (!network) return ok('hub', `${hub.endpoint} (not asked; --network asks it)`);
  try {
    // Tried again as always, but at once: somebody waits for the answer.
    const { response } = await askHub(
      { ...hub, token: null, sleep: async () => {} },
      { url: `${hub.endpoint}/api/datasets/HiTZ/EusTrivia`, method: 'GET', what: 'the hub' },
    );
    await response.body?.cancel();
    if (response.ok) return ok('hub', `${hub.endpoint} answers`);
    return fault(
      'hub',
      'wrong',
      `${hub.endpoint} answers with status ${response.status}`,
      'check HF_ENDPOINT: it must be a hub or its mirror',
    );
  } catch (error) {
    return fault(
      'hub',
      'wrong',
      messageOf(error).replace(/^the hub: |; .*/gs, ''),
      'check the connection, the proxy and HF_ENDPOINT; without a network, use --data DIR and a model folder',
    );
  }
}

function tokenFinding(hub: HubSettings): Finding {
  return hub.token === null
    ? notNeeded('HF_TOKEN', 'not set; only gated and private models and data sets need it', 'huggingface.co/settings/tokens makes one')
    : ok('HF_TOKEN', 'set');
}

function keyFindings(env: Env): Finding[] {
  const models = { OPENAI_API_KEY: 'openai:NAME', ANTHROPIC_API_KEY: 'anthropic:NAME' };
  return Object.entries(models).map(([name, model]) =>
    (env[name] ?? '').trim() === '' ? notNeeded(name, `not set; only --model ${model} needs it`, `export ${name}=...`) : ok(name, 'set'),
  );
}
