import { join } from 'node:path';
import type { HubSettings } from './settings.js';

/** A repository; its name has been checked (names.ts). */
export interface Repo {
  readonly hub: HubSettings;
  readonly kind: 'dataset' | 'model';
  readonly name: string;
}

/** How messages call a repository, e.g. `data set HiTZ/EusTrivia`. */
export function repoLabel(repo: Repo): string {
  return `${repo.kind === 'dataset' ? 'data set' : 'model'} ${repo.name}`;
}

/** Address of a repository's page. */
export function repoPage(repo: Repo): string {
  return `${repo.hub.endpoint}/${repo.kind === 'dataset' ? 'datasets/' : ''}${repo.name}`;
}

/** Address of a file of a repository. */
export function fileUrl(repo: Repo, revision: string, path: string): string {
  return `${repoPage(repo)}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** The cache's folder of a repository, e.g. `datasets--HiTZ--EusTrivia`. */
export function repoFolder(repo: Repo): string {
  return join(repo.hub.cacheDir, `${repo.kind}s--${repo.name.replace('/', '--')}`);
}

/** The command that brings what is missing, for messages. */
export function fetchHint(repo: Repo): string {
  return repo.kind === 'dataset'
    ? "run 'eus-eval fetch' with a connection first"
    : `run 'eus-eval fetch --no-data --model ${repo.name}' with a connection first`;
}
