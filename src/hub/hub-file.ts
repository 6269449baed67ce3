import { UserError } from '../errors.js';
import { blobPath, cachedCommit, isCommit, isFile, isKnownAbsent, linkBlob, noteAbsent, noteCommit, snapshotPath } from './cache.js';
import { plainEtag } from './checksum.js';
import { downloadFile } from './download.js';
import { askHub, type HubAnswer, type HubResponse, readJson, statusError } from './http.js';
import { isInnerPath, quote } from './names.js';
import { fetchHint, fileUrl, type Repo, repoLabel } from './repo.js';

/** A file of a repository at a branch, tag or commit. */
interface HubFile {
  readonly repo: Repo;
  readonly revision: string;
  readonly path: string;
  /** Where it is served, where that is not the usual address. */
  readonly url?: string;
}

/** A file in the cache. */
export interface CachedFile {
  readonly local: string;
  readonly commit: string;
}

/** What the server says about a file. */
interface FileInfo {
  readonly commit: string;
  readonly etag: string;
  /** Bytes; null where the server does not say. */
  readonly size: number | null;
  /** The address at the endpoint that answered, after redirects there. */
  readonly url: string;
}

/**
 * Returns a file of a repository in the cache, downloading it where needed; null when the repository has no such file.
 * With `commit` (which commit the revision means, asked earlier in this run), a file that the cache has costs no request.
 *
 * Throws `UserError` offline when the cache lacks it, for gated, private and absent repositories, and for every fault of network and disk.
 */
export async function ensureFile(file: HubFile, commit: string | null): Promise<CachedFile | null> {
  const { hub } = file.repo;
  if (!isInnerPath(file.path))
    throw new UserError(`${repoLabel(file.repo)} names a file ${quote(file.path)} that leads out of its folder; refused`);
  const known = hub.offline ? await cachedCommit(file.repo, file.revision) : isCommit(file.revision) ? file.revision : commit;
  if (known !== null) {
    const local = snapshotPath(file.repo, known, file.path);
    if (await isFile(local)) return { local, commit: known };
    if (await isKnownAbsent(file.repo, known, file.path)) return null;
  }
  if (hub.offline) {
    if (known !== null) return null;
    throw new UserError(`${repoLabel(file.repo)} is not in the cache (${hub.cacheDir}) and this is offline; ${fetchHint(file.repo)}`);
  }
  const info = await fileInfo(file, commit !== null);
  if (typeof info === 'string') {
    if (isCommit(info)) await noteAbsent(file.repo, info, file.path);
    return null;
  }
  return bring(file, info);
}

/** Downloads what `info` describes and links it into its snapshot. */
async function bring(file: HubFile, info: FileInfo): Promise<CachedFile> {
  const pointer = snapshotPath(file.repo, info.commit, file.path);
  if (!(await isFile(pointer))) {
    const target = blobPath(file.repo, info.etag);
    const name = `${repoLabel(file.repo)}: ${file.path}`;
    const refused = (response: HubResponse): UserError => statusError(file.repo, name, response);
    await downloadFile(file.repo.hub, { ...info, target, name, refused });
    if (!(await isFile(target))) throw new UserError(`${repoLabel(file.repo)}: ${file.path} vanished from the cache`);
    await linkBlob(file.repo, info.commit, file.path, info.etag);
  }
  await noteCommit(file.repo, file.revision, info.commit);
  return { local: pointer, commit: info.commit };
}

/**
 * Asks for a file's headers. Returns a text (the commit, or empty) when the repository exists and has no such file; `exists` says that the
 * repository is known to exist, so that a bare 404 can only mean the file.
 * Throws `UserError` for every other failure.
 */
export async function fileInfo(file: HubFile, exists = false): Promise<FileInfo | string> {
  const { hub } = file.repo;
  const url = file.url ?? fileUrl(file.repo, file.revision, file.path);
  const what = `${repoLabel(file.repo)}: ${file.path}`;
  const settled = (response: HubResponse): boolean => response.headers.get('x-repo-commit') !== null && etagOf(response) !== null;
  let answer = await askHub(hub, { url, method: 'HEAD', what, settled });
  if (answer.response.status === 405 || answer.response.status === 501) {
    answer = await askHub(hub, { url, method: 'GET', headers: { range: 'bytes=0-0' }, what, settled });
  }
  const { response } = answer;
  await response.body?.cancel();
  const redirected = response.status >= 300 && response.status < 400;
  if (!response.ok && !redirected) {
    if (isMissingEntry(response, exists)) return response.headers.get('x-repo-commit') ?? '';
    throw statusError(file.repo, what, response);
  }
  const etag = etagOf(response);
  if (etag === null) throw new UserError(`${what}: ${hub.endpoint} sends no ETag; is HF_ENDPOINT a hub?`);
  return { commit: await commitOf(file, what, response), etag, size: sizeOf(answer, redirected), url: answer.url };
}

function etagOf(response: HubResponse): string | null {
  return plainEtag(response.headers.get('x-linked-etag')) ?? plainEtag(response.headers.get('etag'));
}

/** A missing file of an existing repository. */
function isMissingEntry(response: HubResponse, exists: boolean): boolean {
  if (response.status !== 404) return false;
  const code = response.headers.get('x-error-code');
  return code === 'EntryNotFound' || (code === null && (exists || response.headers.get('x-repo-commit') !== null));
}

async function commitOf({ repo, revision }: HubFile, what: string, response: HubResponse): Promise<string> {
  const header = response.headers.get('x-repo-commit') ?? '';
  if (isCommit(header)) return header;
  const url = `${repo.hub.endpoint}/api/${repo.kind}s/${repo.name}/revision/${encodeURIComponent(revision)}`;
  const answer = await askHub(repo.hub, { url, method: 'GET', what });
  const body = answer.response.ok ? await readJson(what, answer.response) : null;
  const sha = typeof body === 'object' && body !== null && 'sha' in body ? body.sha : null;
  if (typeof sha !== 'string' || !isCommit(sha))
    throw new UserError(`${what}: ${repo.hub.endpoint} does not say which commit this is; is HF_ENDPOINT a hub?`);
  return sha;
}

function sizeOf({ response }: HubAnswer, redirected: boolean): number | null {
  const range = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
  const text = response.headers.get('x-linked-size') ?? range?.[1] ?? (redirected ? null : response.headers.get('content-length'));
  const size = text === null ? Number.NaN : Number(text);
  return Number.isSafeInteger(size) && size >= 0 ? size : null;
}
