/** Where wheels come from: an index of Python packages (PEP 503 and 691) and folders of wheels. */
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Env } from '../cache-folders.js';
import { UserError } from '../errors.js';
import { askHub, type HubResponse, readJson, readText } from '../hub/http.js';
import type { HubSettings } from '../hub/settings.js';
import { cudaFolder } from './folders.js';
import type { LockedWheel } from './locked-wheel.js';

/** A wheel, and where it comes from. */
export interface Located {
  readonly wheel: LockedWheel;
  /** Its path in a folder of wheels; null where the index is to be asked. */
  readonly local: string | null;
}

export interface Sources {
  readonly settings: HubSettings;
  /** Folders of wheels, looked into before the index. */
  readonly folders: readonly string[];
}

const PYPI = 'https://pypi.org/simple';

const Listing = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()).optional(),
    }),
  ),
});

/**
 * Returns where to look for wheels: the index of `--index`, else `UV_DEFAULT_INDEX`, `UV_INDEX_URL` or `PIP_INDEX_URL`, else PyPI; the folder of
 * `--wheels`, and what `PIP_FIND_LINKS` and `UV_FIND_LINKS` name, as far as it is a folder.
 *
 * Throws `UserError` for an index that is no web address and for a folder of `--wheels` that does not exist.
 */
export async function wheelSources(options: { index: string | null; wheels: string | null }, env: Env = process.env): Promise<Sources> {
  const folders: string[] = [];
  if (options.wheels !== null) {
    if (!(await isFolder(options.wheels))) throw new UserError(`--wheels ${options.wheels}: no such folder`);
    folders.push(path.resolve(options.wheels));
  }
  const named = [...(env.PIP_FIND_LINKS ?? '').split(/\s+/), ...(env.UV_FIND_LINKS ?? '').split(',')].map((entry) => entry.trim());
  for (const entry of named.filter((text) => text !== '')) {
    const folder = entry.startsWith('file:') && URL.canParse(entry) ? fileURLToPath(entry) : entry;
    if (await isFolder(folder)) folders.push(path.resolve(folder));
  }
  return { settings: indexSettings(options.index, env), folders };
}

async function isFolder(folder: string): Promise<boolean> {
  return (await stat(folder).catch(() => null))?.isDirectory() ?? false;
}

function indexSettings(given: string | null, env: Env): HubSettings {
  const named: readonly (readonly [string, string | undefined])[] = [
    ['--index', given ?? undefined],
    // uv lets an index have a name: `name=https://...`.
    ['UV_DEFAULT_INDEX', env.UV_DEFAULT_INDEX?.replace(/^[A-Za-z0-9_-]+=(?=https?:)/, '')],
    ['UV_INDEX_URL', env.UV_INDEX_URL],
    ['PIP_INDEX_URL', env.PIP_INDEX_URL],
  ];
  const [source, text = PYPI] = named.find(([, value]) => (value ?? '').trim() !== '') ?? ['--index'];
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UserError(`${source} is no web address; valid: ${PYPI}, or the address of a mirror (for a folder of wheels: --wheels DIR)`);
  }
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return {
    endpoint: `${url.origin}${url.pathname}`.replace(/\/+$/, ''),
    token: null,
    ...(login === ':' ? {} : { authorization: `Basic ${Buffer.from(login).toString('base64')}` }),
    variables: { cache: 'EUS_EVAL_CACHE', endpoint: source, otherwise: 'give a folder of wheels with --wheels DIR' },
    cacheDir: cudaFolder(env),
    offline: false,
    sleep: (milliseconds) => sleep(milliseconds),
    now: () => Date.now(),
  };
}

/** The error for an answer of the index that is no success. */
export function indexError(settings: HubSettings, what: string, response: HubResponse): UserError {
  const { status } = response;
  const advice =
    status === 404
      ? `it has no such package; give another with --index, or the wheels with --wheels DIR`
      : status === 401 || status === 403
        ? `access was refused; put the name and password into its address`
        : status >= 500
          ? 'try again later'
          : 'is it an index of Python packages?';
  return new UserError(`${what}: ${settings.endpoint} answered with status ${status}; ${advice}`);
}

/**
 * Returns where a wheel lies among the folders, the first one first; nothing is read but its size. Throws `UserError` for another file of that name.
 */
export async function locate(sources: Sources, wheel: LockedWheel): Promise<Located> {
  for (const folder of sources.folders) {
    const local = path.join(folder, wheel.file);
    const info = await stat(local).catch(() => null);
    if (info?.isFile() !== true) continue;
    if (info.size === wheel.size) return { wheel, local };
    throw new UserError(
      `${local}: not the file that is wanted (${info.size} bytes instead of ${wheel.size}); fetch it again, or remove it`,
    );
  }
  return { wheel, local: null };
}

/**
 * Returns the address of a wheel in the index. Throws `UserError` when the index cannot be reached, does not have the file, has another one under its
 * name, or answers with something else.
 */
export async function indexAddress({ settings }: Sources, wheel: LockedWheel): Promise<string> {
  const what = `package ${wheel.name}`;
  const { response, url } = await askHub(settings, {
    url: `${settings.endpoint}/${wheel.name}/`,
    method: 'GET',
    headers: { accept: 'application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1' },
    what,
  });
  if (!response.ok) {
    await response.body?.cancel();
    throw indexError(settings, what, response);
  }
  const files = /json/.test(response.headers.get('content-type') ?? '')
    ? jsonFiles(what, await readJson(what, response))
    : htmlFiles(await readText(what, response));
  const listed = files.filter(({ file }) => file === wheel.file);
  const others = 'give another with --index, or the wheels with --wheels DIR';
  for (const { address, sha256 } of listed) {
    const target = linked(address, url);
    if (target === null || (sha256 !== null && sha256 !== wheel.sha256)) continue;
    return target;
  }
  if (listed.length === 0) throw new UserError(`${settings.endpoint} does not have ${wheel.file}; ${others}`);
  throw new UserError(
    `${wheel.file}: what ${settings.endpoint} has under this name is another file (its sha256 or address is not right); ${others}`,
  );
}

/** The target of a link on a page; null where it is no address, or less safe than the page. */
function linked(address: string, page: string): string | null {
  if (!URL.canParse(address, page)) return null;
  const target = new URL(address, page);
  target.hash = '';
  target.username = '';
  target.password = '';
  if (!/^https?:$/.test(target.protocol)) return null;
  return new URL(page).protocol === 'https:' && target.protocol === 'http:' ? null : target.href;
}

interface Listed {
  readonly file: string;
  readonly address: string;
  /** Null where the index does not say. */
  readonly sha256: string | null;
}

function jsonFiles(what: string, body: unknown): Listed[] {
  const listing = Listing.safeParse(body);
  if (!listing.success)
    throw new UserError(`${what}: the index's answer has another form than PEP 691 says; give another index with --index`);
  return listing.data.files.map(({ filename, url, hashes }) => ({ file: filename, address: url, sha256: sha256Of(hashes?.sha256) }));
}

function sha256Of(text: string | undefined): string | null {
  return /^[0-9a-f]{64}$/i.test(text ?? '') ? (text ?? '').toLowerCase() : null;
}

/** Older mirrors speak HTML only: a link for each file, its checksum behind `#`. */
function htmlFiles(html: string): Listed[] {
  const text = (escaped: string): string =>
    escaped
      .replace(/&amp;/g, '&')
      .replace(/&lt;/g, '<')
      .replace(/&gt;/g, '>')
      .replace(/&quot;/g, '"')
      .replace(/&#39;/g, "'");
  return [...html.matchAll(/<a\s([^<>]*)>([^<>]*)<\/a>/gi)].flatMap(([, attributes = '', label = '']) => {
    const address = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/i.exec(attributes);
    if (address === null) return [];
    const href = text(address[1] ?? address[2] ?? '');
    return [{ file: text(label).trim(), address: href, sha256: sha256Of(/#.*?\bsha256=([0-9A-Fa-f]{64})/.exec(href)?.[1]) }];
  });
}
