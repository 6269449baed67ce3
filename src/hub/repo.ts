import { join } from 'node:path';
import type { HubSettings } from './settings.js';

/** A repository of the hub; its name has been checked (names.ts). */
export interface Repo {
  readonly kind: 'dataset' | 'model';
  readonly name: string;
}

/** How messages call a repository, e.g. `data set HiTZ/EusTrivia`. */
export function repoLabel(repo: Repo): string {
  return `${repo.kind === 'dataset' ? 'data set' : 'model'} ${repo.name}`;
}

/** Address of a repository's page. */
export function repoPage(settings: HubSettings, repo: Repo): string {
  return `${settings.endpoint}/${repo.kind === 'dataset' ? 'datasets/' : ''}${repo.name}`;
}

/** Address of a file of a repository. */
export function fileUrl(settings: HubSettings, repo: Repo, revision: string, path: string): string {
  return `${repoPage(settings, repo)}/resolve/${encodeURIComponent(revision)}/${path.split('/').map(encodeURIComponent).join('/')}`;
}

/** The cache's folder of a repository, e.g. `datasets--HiTZ--EusTrivia`. */
export function repoFolder(settings: HubSettings, repo: Repo): string {
  return join(settings.cacheDir, `${repo.kind}s--${repo.name.replace('/', '--')}`);
}

/** The command that brings what is missing, for messages. */
export function fetchHint(repo: Repo): string {
  return repo.kind === 'dataset'
    ? "run 'eus-eval fetch' with a connection first"
    : `run 'eus-eval fetch --no-data --model ${repo.name}' with a connection first`;
}
