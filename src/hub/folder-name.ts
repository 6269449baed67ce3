/** What a model in a folder is called: where the folder lies is nobody's business, but `hf` says nothing. */
import path from 'node:path';
import { at } from '../at.js';

/** Names that training scripts give to folders of any model. */
const GENERIC =
  /^(hf|hf[-_]model|models?|final([-_]model)?|merged([-_]model)?|best([-_]model)?|last|latest|outputs?|out|export(ed)?|weights|snapshots?|checkpoints?|ckpts?|(checkpoint|ckpt|step|global[-_]?step|epoch|iter)[-_]?\d+|v?\d+(\.\d+)*|[0-9a-f]{40})$/i;
/** Folders above that may be needed to say which model it is. */
const MAX_PARTS = 4;

/**
 * Returns the name of the model in `folder`: its last part, with as many of those above it as it takes to reach one that says something
 * (`run7/checkpoint-500`); `ORG/NAME` for a folder of the hub's cache.
 */
export function folderModelName(folder: string): string {
  const parts = path
    .resolve(folder)
    .split(/[/\\]/)
    .filter((part) => part !== '');
  const cached = /^models--(.+)$/.exec(parts.at(-3) ?? '')?.[1];
  if (cached !== undefined && parts.at(-2) === 'snapshots') return cached.replaceAll('--', '/');
  let from = parts.length - 1;
  while (from > 0 && parts.length - from < MAX_PARTS && GENERIC.test(at(parts, from))) from--;
  return parts.slice(Math.max(0, from)).join('/') || 'model';
}
