import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a repository of the test's hub holds. */
export interface TestRepo {
  readonly kind: 'dataset' | 'model';
  readonly name: string;
  readonly gated?: boolean;
  readonly private?: boolean;
  /** Revision (`main`, `refs/convert/parquet`) -> path -> content. */
  readonly revisions: Readonly<Record<string, Readonly<Record<string, string | Uint8Array>>>>;
  /** No `/parquet` listing, as for private data sets. */
  readonly unconverted?: boolean;
  /** Answers of the listing instead of the true one. */
  readonly listing?: unknown;
  /** Answers of the tree instead of the true one. */
  readonly tree?: unknown;
}

/** Something that goes wrong once with the next request whose path contains `path`. */
export interface Fault {
  readonly path: string;
  readonly kind: 'cut' | 'corrupt' | 'ignore range' | 'status' | 'downgrade' | 'no head' | 'wrong size';
  /** For `cut`: bytes before the connection ends. For `status`: the status. */
  readonly value?: number;
  /** For `cut`: ends the connection only when this is true, so that the bytes before have surely arrived. */
  readonly until?: () => boolean;
  readonly headers?: Readonly<Record<string, string>>;
  /** Only for the answers of this server; any by default. */
  readonly at?: 'hub' | 'cdn';
}

export interface Seen {
  readonly at: 'hub' | 'cdn';
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface HubServer {
  readonly endpoint: string;
  readonly cdn: string;
  readonly seen: Seen[];
  readonly faults: Fault[];
  readonly repos: TestRepo[];
  /** Token that opens gated and private repositories. */
  readonly token: string;
  close(): Promise<void>;
}

/** Files from this size on are served by the other host, as the hub does with LFS files. */
const LARGE = 500;

/** The commit of a revision: made from its content. */
export function commitOf(repo: TestRepo, revision: string): string {
  const hash = createHash('sha1').update(revision);
  for (const [path, content] of Object.entries(repo.revisions[revision] ?? {})) hash.update(path).update(content);
  return hash.digest('hex');
}

/** The ETag of a content: git's blob hash for small files, sha256 for large ones. */
export function etagOf(content: Uint8Array): string {
  if (content.length >= LARGE) return createHash('sha256').update(content).digest('hex');
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

/**
 * Starts a server that speaks the hub's protocol on the local machine: parquet listing, tree, revision, `resolve` with headers, redirects of large
 * files to a second server on another port (which must never see a token), ranges, gating, missing repositories and files, and faults on demand.
 */
export async function startHub(repos: readonly TestRepo[]): Promise<HubServer> {
  const token = 'hf_testtoken';
  const state: { hub: HubServer | null } = { hub: null };
  const current = (): HubServer => {
    if (state.hub === null) throw new Error('not started');
    return state.hub;
  };
  const hubSide = createServer((request, response) => answer(current(), 'hub', request, response));
  const cdnSide = createServer((request, response) => answer(current(), 'cdn', request, response));
  const endpoint = await listen(hubSide);
  const cdn = await listen(cdnSide);
  const close = async (): Promise<void> => {
    for (const server of [hubSide, cdnSide]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
  };
  state.hub = { endpoint, cdn, seen: [], faults: [], repos: [...repos], token, close };
  return state.hub;
}

function listen(server: Server): Promise<string> {
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      const address: AddressInfo | string | null = server.address();
      done(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    });
  });
}

function takeFault(hub: HubServer, at: 'hub' | 'cdn', path: string): Fault | null {
  const index = hub.faults.findIndex((fault) => path.includes(fault.path) && (fault.at ?? at) === at);
  return index < 0 ? null : (hub.faults.splice(index, 1)[0] ?? null);
}

function answer(hub: HubServer, at: 'hub' | 'cdn', request: IncomingMessage, response: ServerResponse): ServerResponse {
  const path = request.url ?? '/';
  hub.seen.push({ at, method: request.method ?? '', path, range: request.headers.range, authorization: request.headers.authorization });
  const fault = takeFault(hub, at, path);
  if (fault?.kind === 'status') return response.writeHead(fault.value ?? 500, { ...fault.headers }).end();
  if (fault?.kind === 'no head' && request.method === 'HEAD') return response.writeHead(405).end();
  if (at === 'cdn') return serveBlob(hub, fault, path, request, response);
  const match = /^\/(?:api\/)?(datasets\/|models\/)?((?:[^/]+\/)?[^/]+)\/(parquet|tree|revision|resolve)(?:\/([^?]*))?/.exec(path);
  const kind = match?.[1] === 'datasets/' ? 'dataset' : 'model';
  const repo = hub.repos.find((one) => one.kind === kind && one.name === match?.[2]);
  if (match === null || repo === undefined) return fail(response, 401, 'RepoNotFound');
  const allowed = request.headers.authorization === `Bearer ${hub.token}`;
  if (repo.private === true && !allowed) return fail(response, 401, 'RepoNotFound');
  if (repo.gated === true && !allowed) return fail(response, request.headers.authorization === undefined ? 401 : 403, 'GatedRepo');
  const rest = match[4] ?? '';
  if (match[3] === 'parquet' && rest === '') return sendListing(hub, repo, response);
  if (match[3] === 'parquet') {
    const [config = '', split = '', file = ''] = rest.split('/');
    const target = `/datasets/${repo.name}/resolve/refs%2Fconvert%2Fparquet/${config}/${split}/${file.replace('.parquet', '').padStart(4, '0')}.parquet`;
    return response.writeHead(302, { location: target }).end();
  }
  const [revision = '', ...inner] = rest.split('/').map(decodeURIComponent);
  const found = Object.keys(repo.revisions).find((one) => one === revision || commitOf(repo, one) === revision);
  if (found === undefined) return fail(response, 404, 'RevisionNotFound');
  if (match[3] === 'revision') return json(response, { sha: commitOf(repo, found) });
  if (match[3] === 'tree') return sendTree(hub, repo, found, path, response);
  return serveFile(hub, fault, repo, found, inner.join('/'), request, response);
}

function sendListing(hub: HubServer, repo: TestRepo, response: ServerResponse): ServerResponse {
  if (repo.listing !== undefined) return json(response, repo.listing);
  const files = Object.keys(repo.revisions['refs/convert/parquet'] ?? {});
  if (repo.unconverted === true || files.length === 0) return fail(response, 404, null);
  const listing: Record<string, Record<string, string[]>> = {};
  for (const file of files.sort()) {
    const [config = '', split = '', name = ''] = file.split('/');
    listing[config] ??= {};
    listing[config][split] ??= [];
    listing[config][split].push(`${hub.endpoint}/api/datasets/${repo.name}/parquet/${config}/${split}/${Number(name.slice(0, 4))}.parquet`);
  }
  return json(response, listing);
}

/** Two entries a page, so that the pages are followed. */
function sendTree(hub: HubServer, repo: TestRepo, revision: string, path: string, response: ServerResponse): ServerResponse {
  if (repo.tree !== undefined) return json(response, repo.tree);
  const url = new URL(path, hub.endpoint);
  const start = Number(url.searchParams.get('cursor') ?? 0);
  const entries = Object.entries(repo.revisions[revision] ?? {}).map(([file, content]) => ({
    type: 'file',
    path: file,
    size: content.length,
  }));
  url.searchParams.set('cursor', String(start + 2));
  if (start + 2 < entries.length) response.setHeader('link', `<${url.href}>; rel="next"`);
  return json(response, entries.slice(start, start + 2));
}

function serveFile(
  hub: HubServer,
  fault: Fault | null,
  repo: TestRepo,
  revision: string,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): ServerResponse {
  const commit = commitOf(repo, revision);
  response.setHeader('x-repo-commit', commit);
  const text = repo.revisions[revision]?.[path];
  if (text === undefined) return fail(response, 404, 'EntryNotFound');
  const content = Buffer.from(text);
  const etag = etagOf(content);
  if (content.length < LARGE) return send(fault, content, etag, request, response);
  const scheme = fault?.kind === 'downgrade' ? 'ftp://127.0.0.1' : hub.cdn;
  response.writeHead(302, {
    location: `${scheme}/blob/${repo.kind}/${repo.name}/${etag}?signature=secret`,
    etag: '"of-the-redirect"',
    'x-linked-etag': `"${etag}"`,
    'x-linked-size': String(fault?.kind === 'wrong size' ? content.length - 1 : content.length),
  });
  return response.end();
}

function serveBlob(hub: HubServer, fault: Fault | null, path: string, request: IncomingMessage, response: ServerResponse): ServerResponse {
  if (request.headers.authorization !== undefined) return response.writeHead(400).end('the token came to another host');
  const etag = /\/([0-9a-f]{64})\?signature=secret$/.exec(path)?.[1];
  for (const repo of hub.repos) {
    for (const files of Object.values(repo.revisions)) {
      for (const text of Object.values(files)) {
        const content = Buffer.from(text);
        if (etagOf(content) === etag) return send(fault, content, etag, request, response);
      }
    }
  }
  return response.writeHead(404).end();
}

function send(fault: Fault | null, content: Buffer, etag: string, request: IncomingMessage, response: ServerResponse): ServerResponse {
  response.setHeader('etag', `"${etag}"`);
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const ranged = request.headers.range !== undefined && fault?.kind !== 'ignore range';
  if (ranged && start >= content.length) return response.writeHead(416).end();
  const body = Buffer.from(ranged ? content.subarray(start) : content);
  if (fault?.kind === 'corrupt') body[0] = (body[0] ?? 0) ^ 1;
  const headers: Record<string, string> = { 'content-length': String(body.length) };
  if (ranged) headers['content-range'] = `bytes ${start}-${content.length - 1}/${content.length}`;
  response.writeHead(ranged ? 206 : 200, headers);
  if (request.method === 'HEAD') return response.end();
  if (fault?.kind !== 'cut') return response.end(body);
  const cut = (): void => {
    if (fault.until?.() === false) setTimeout(cut, 2);
    else response.destroy();
  };
  response.write(body.subarray(0, fault.value ?? 10), cut);
  return response;
}

function json(response: ServerResponse, value: unknown): ServerResponse {
  return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function fail(response: ServerResponse, status: number, code: string | null): ServerResponse {
  return response.writeHead(status, code === null ? {} : { 'x-error-code': code }).end('{"error":"no"}');
}
