/** From what stands behind `--model` to the models of a command: names, patterns of folders, and revisions of one model. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.js';
import { stepOf } from '../results/by-model.js';
import { wildcard } from '../wildcard.js';

export interface ChosenModel {
  readonly reference: string;
  /** What results call it, where its own name would not tell it from the others; null: its own name. */
  readonly name: string | null;
}

/**
 * Returns the models that the words name, in order and without repetitions: `ckpts/step-*` stands for the folders it matches (by step, then
 * by name), and `ORG/NAME@A,B` for several revisions, each called by its own. Throws `UserError` for a pattern that matches no folder, and
 * for an empty revision.
 */
export function chosenModels(words: readonly string[]): readonly ChosenModel[] {
  const models = words.flatMap((word): ChosenModel[] => {
    if (existsSync(word)) return [{ reference: word, name: null }];
    if (!/^[a-z][a-z0-9_-]*:/.test(word) && /[*?]/.test(word)) return matching(word).map((reference) => ({ reference, name: null }));
    const at = word.indexOf('@');
    const revisions = at > 0 && !word.slice(0, at).includes(':') ? word.slice(at + 1).split(',') : [];
    if (revisions.length < 2) return [{ reference: word, name: null }];
    if (revisions.includes('')) throw new UserError(`--model ${word}: a revision is empty; write ORG/NAME@REVISION,REVISION`);
    return revisions.map((revision) => `${word.slice(0, at)}@${revision}`).map((reference) => ({ reference, name: reference }));
  });
  const one = new Map(models.map((model) => [model.reference, model]));
  // Two revisions of one model, given one by one, would have the same name.
  const bare = (reference: string): string => reference.replace(/@.*$/, '');
  const times = [...one.keys()].map(bare);
  return [...one.values()].map((model) =>
    model.name === null &&
    model.reference.includes('@') &&
    !existsSync(model.reference) &&
    times.filter((name) => name === bare(model.reference)).length > 1
      ? { ...model, name: model.reference }
      : model,
  );
}

/** Folders (or GGUF files) that match a pattern with `*` and `?` in any part of the path. */
function matching(pattern: string): string[] {
  const parts = pattern.split('/');
  let found = [pattern.startsWith('/') ? '/' : ''];
  for (const part of parts.filter((one) => one !== '')) {
    const test = wildcard(part);
    found = found.flatMap((base) => {
      if (test === null) return existsSync(path.join(base, part)) ? [path.join(base, part)] : [];
      return namesIn(base === '' ? '.' : base).flatMap((name) => (test.test(name) && !name.startsWith('.') ? [path.join(base, name)] : []));
    });
  }
  const models = found.filter((name) => statSync(name).isDirectory() || name.endsWith('.gguf'));
  if (models.length === 0)
    throw new UserError(`--model ${pattern}: no folder matches the pattern; in a shell, put it in quotes or give the folders themselves`);
  const step = (name: string): number => stepOf(name).step ?? -1;
  return models.sort((a, b) => step(a) - step(b) || (a < b ? -1 : 1));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
