import { UserError } from '../errors.js';
import { askHub, statusError } from './http.js';
import { isInnerPath, quote } from './names.js';
import { type Repo, repoLabel } from './repo.js';

const MAX_ENTRIES = 200_000;

/**
 * Returns the paths of all files of a repository at a revision (through `@huggingface/hub`, page by page), or null when there is no such
 * revision or repository. Its requests go through this project's own, so retries, redirects and the token's limits hold for them too.
 * Throws `UserError` for gated and private repositories, faults of the network, and paths that lead out of their folder.
 */
export async function listTree(repo: Repo, revision: string): Promise<string[] | null> {
  const { listFiles, HubApiError } = await import('@huggingface/hub');
  const what = `${repoLabel(repo)}: list of files`;
  const paths: string[] = [];
  const viaHub = async (input: Parameters<typeof fetch>[0]): Promise<Response> => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== new URL(repo.hub.endpoint).origin)
      throw new UserError(`${what}: ${repo.hub.endpoint} refers to another host; refused`);
    const { response } = await askHub(repo.hub, { url: url.href, method: 'GET', headers: { accept: 'application/json' }, what });
    if (!response.ok && response.status !== 404) throw statusError(repo, what, response);
    return new Response(await response.arrayBuffer(), { status: response.status, headers: [...response.headers] });
  };
  try {
    const entries = listFiles({
      repo: { type: repo.kind, name: repo.name },
      revision: encodeURIComponent(revision),
      recursive: true,
      hubUrl: repo.hub.endpoint,
      fetch: viaHub,
    });
    for await (const entry of entries) {
      if (entry.type !== 'file') continue;
      if (typeof entry.path !== 'string' || !isInnerPath(entry.path)) {
        throw new UserError(`${what} holds the path ${quote(String(entry.path))}, which leads out of its folder; refused`);
      }
      if (paths.push(entry.path) > MAX_ENTRIES) throw new UserError(`${what} has more than ${MAX_ENTRIES} entries`);
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof HubApiError && error.statusCode === 404) return null;
    throw new UserError(`${what}: ${repo.hub.endpoint} gave a list of an unknown shape`);
  }
  return paths;
}
