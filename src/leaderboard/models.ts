/** Which result files belong to the same model. */
import { fileNameOf } from '../file-name.js';
import { MODEL_VARIANTS } from '../results/model-identity.js';
import type { ResultFile } from '../results/read.js';
import type { ModelNames } from './names.js';

/** What identifies the model of a result file, before names are given. */
export interface ModelIdentity {
  /** Same text, same model. */
  readonly key: string;
  /** Which model it is, whatever its name; null where no file says. */
  readonly modelIdentity: string | null;
  readonly folder: string;
  readonly modelName: string;
  /** e.g. `revision=exp_0_010`; empty for the plain model. */
  readonly variant: string;
}

/**
 * Returns the identity of a result file's model. A folder that is called after the model (as the harness and `run` name them: `org__name`, with or
 * without more behind it) holds one model, even when an older name of it stands in some files (`isNamedAfter` says so for any of them);
 * elsewhere the model name in the file decides. A revision, adapter or quantization makes another model. Where files say which model they are of
 * (`modelIdentity`), that and the name decide, whatever the folder. Results with other few-shot examples than the tasks say are a row of their own.
 */
export function identityOf(file: ResultFile, namedFolders: ReadonlySet<string>, modelIdentity: string | null): ModelIdentity {
  const args = MODEL_VARIANTS.flatMap((name) => {
    const value = file.modelArgs.get(name);
    const trivial =
      value === undefined || value === '' || value === 'None' || value === 'False' || (name === 'revision' && value === 'main');
    return trivial ? [] : [`${name}=${value}`];
  });
  const variant = [...args, ...(file.variation === '' ? [] : [file.variation])].join(',');
  const named = namedFolders.has(file.folder);
  return {
    key: JSON.stringify(
      modelIdentity === null
        ? [named ? file.folder : fileNameOf(file.modelName), variant]
        : [file.modelName, modelIdentity, ...(file.variation === '' ? [] : [file.variation])],
    ),
    modelIdentity,
    folder: file.folder,
    modelName: file.modelName,
    variant,
  };
}

/**
 * True when the folder of a result file is called after the model in it.
 */
export function isNamedAfter(folder: string, modelName: string): boolean {
  const flat = fileNameOf(modelName);
  return folder === flat || folder.startsWith(`${flat}__`);
}

/**
 * Returns the name to show for a model: the names file's (found by folder or by the name in the files), else the folder's name with the `/` of
 * the model name put back when the folder holds one variant, else the model name with the variant behind it.
 */
export function displayName(identity: ModelIdentity, variantsInFolder: number, names: readonly ModelNames[]): string {
  const plain = identity.variant === '' ? identity.modelName : `${identity.modelName}@${identity.variant.replace(/^revision=/, '')}`;
  const single = identity.modelIdentity === null && variantsInFolder === 1 && isNamedAfter(identity.folder, identity.modelName);
  const whole = single ? identity.modelName + identity.folder.slice(fileNameOf(identity.modelName).length) : plain;
  const candidates = [...(variantsInFolder === 1 ? [identity.folder] : []), whole, plain, fileNameOf(plain)];
  return candidates.map((c) => names.find((n) => n.folder === c)?.tableName).find((n) => n !== undefined) ?? whole;
}
