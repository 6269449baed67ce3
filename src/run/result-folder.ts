/** The folder of a model's results: never one that holds those of another model. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, systemCode, UserError } from '../errors.js';
import { fileNameOf, foldedName } from '../file-name.js';
import { makeFolder, removeEmpty } from '../folders.js';
import { isSameModel, type RecordedModel, shortIdentity } from '../results/model-identity.js';
import { readResultFile } from '../results/read.js';
import { fail } from '../results/sample-file.js';
import { variationSuffix } from '../tasks/vary.js';
import type { PromptFamily, Task } from '../types.js';

export interface FolderWish {
  /** What results call the model. */
  readonly name: string;
  /** True when the user gave the name: then a folder of another model is an error. */
  readonly given: boolean;
  /** Put behind the name: the prompt family where it is not the model's usual one; empty otherwise. */
  readonly suffix: string;
  readonly model: RecordedModel & { readonly modelIdentity: string };
}

export interface ResultFolder {
  readonly folder: string;
  /** What results call the model: the wished name, with digits of its identity where another model has that name here. */
  readonly name: string;
  /** Removes the folder where nothing came of the run and it holds nothing else. */
  abandon(): Promise<void>;
}

/**
 * Returns what stands behind a model's name in the name of its folder, so that its results in two prompt families do not lie in one: nothing
 * for the family that is usual for the source of the model, and for tasks with other few-shot examples than their files say what tells them from the rest.
 */
export function folderSuffix(family: PromptFamily, modelSource: string, tasks: readonly Task[]): string {
  const usual = modelSource === 'openai' || modelSource === 'anthropic' ? 'api' : 'plain';
  return [family === usual ? '' : family, variationSuffix(tasks)].filter((part) => part !== '').join('__');
}

/** Says whose folder it is, from before the first result on. */
const OWNER = '.model';

/**
 * Returns the folder below `base` for a model's results, made if absent. A folder is a model's own: its file `.model` says whose, and where
 * an older program made it, its results do. Names that only differ in case or in how letters are composed are one name, as on Windows and macOS.
 *
 * Throws `UserError` when a name that the user gave is another model's, or the folder cannot be written.
 */
export async function claimFolder(base: string, wish: FolderWish): Promise<ResultFolder> {
  const named = (name: string): string => fileNameOf(wish.suffix === '' ? name : `${name}__${wish.suffix}`);
  const first = await claim(base, named(wish.name), wish.model);
  if (first !== null) return { ...first, name: wish.name };
  if (wish.given) {
    throw new UserError(
      `--name ${wish.name}: ${path.join(base, named(wish.name))} holds results of another model; choose another name, or another folder with --out`,
    );
  }
  const name = `${wish.name}-${shortIdentity(wish.model.modelIdentity)}`;
  const second = await claim(base, named(name), wish.model);
  if (second === null)
    throw new UserError(`${path.join(base, named(name))} holds results of another model; give this one a name with --name`);
  return { ...second, name };
}

/** The folder, or null where it is another model's. */
async function claim(base: string, wanted: string, model: FolderWish['model']): Promise<Omit<ResultFolder, 'name'> | null> {
  const present = await readdir(base).catch(fail(base));
  const existing = present.find((name) => name === wanted) ?? present.find((name) => foldedName(name) === foldedName(wanted));
  const folder = path.join(base, existing ?? wanted);
  const made = await makeFolder(folder).catch(fail(folder));
  const owner = path.join(folder, OWNER);
  try {
    const recorded = existing === undefined ? null : await ownerOf(folder);
    if (recorded !== null && (existing !== wanted || !isSameModel(recorded, model))) return null;
    // Of two processes that come at once, the first to write this has the folder.
    await writeFile(owner, `${model.modelIdentity}\n`, { flag: 'wx' });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') {
      await removeEmpty(made);
      return fail(folder)(error);
    }
    const other = await recordedOwner(owner);
    if (other !== null && other !== model.modelIdentity) return null;
  }
  return { folder, abandon: () => abandon(folder) };
}

async function abandon(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  if (names.some((name) => name !== OWNER)) return;
  await rm(path.join(folder, OWNER), { force: true });
  await removeEmpty([folder]);
}

/** Whose folder it is; null where nothing says. */
async function ownerOf(folder: string): Promise<RecordedModel | null> {
  const owner = await recordedOwner(path.join(folder, OWNER));
  if (owner !== null) return { modelIdentity: owner, identity: null };
  const results = (await readdir(folder)).filter((name) => /^results_.*\.json$/.test(name)).sort();
  const newest = results.at(-1);
  if (newest === undefined) return null;
  try {
    const { modelIdentity, eusEval } = await readResultFile(path.join(folder, newest));
    return { modelIdentity, identity: identityIn(eusEval) };
  } catch (error) {
    throw new UserError(`${messageOf(error)}; move the file away, or choose another folder with --out`, { cause: error });
  }
}

async function recordedOwner(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return '';
    throw error;
  });
  return text.trim() === '' ? null : text.trim();
}

function identityIn(eusEval: Readonly<Record<string, unknown>> | null): Readonly<Record<string, string>> | null {
  const identity = eusEval?.identity;
  if (typeof identity !== 'object' || identity === null) return null;
  return Object.fromEntries(Object.entries(identity).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])));
}
