/** Names in what is published: of models, records and files, without anything of the machine they come from. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { isNamedAfter } from '../leaderboard/models.js';
import type { ResultFile } from '../results/read.js';

/**
 * Tells whether a name is one of the hub, `ORG/NAME`, and no path of a folder.
 */
export function isPublicName(name: string): boolean {
  return /^[\w][\w.-]*\/[\w][\w.-]*$/.test(name) && !/(^|\/)\.\.?(\/|$)/.test(name);
}

/**
 * Returns the name under which a model is published: its own, of a path only the last folder.
 */
export function publicModelName(name: string): string {
  if (isPublicName(name) || !/[/\\]/.test(name)) return name;
  return (
    name
      .split(/[/\\]+/)
      .filter((part) => part !== '' && part !== '.' && part !== '..')
      .at(-1) ?? 'model'
  );
}

/**
 * Returns the name of each file's model. A folder that is called after one of its models holds that model, as on the leaderboard, even when an older name of it stands in some of its files;
 * elsewhere, and where a file says which model it is of, the name in the file counts.
 */
export function modelNamesOf(files: readonly ResultFile[]): ReadonlyMap<ResultFile, string> {
  const ofFolder = new Map(
    files.filter(({ folder, modelName }) => isNamedAfter(folder, modelName)).map((file) => [path.dirname(file.path), file.modelName]),
  );
  return new Map(
    files.map((file) => [file, (file.modelIdentity === null ? ofFolder.get(path.dirname(file.path)) : undefined) ?? file.modelName]),
  );
}

/**
 * Returns a text with the paths of files and folders, addresses and home directories in it taken out.
 */
export function publicText(text: string): string {
  return text
    .replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '(address)')
    .replace(/(?<![\w.])(?:~|\.{1,2}|[A-Za-z]:)?[\\/](?:[^\s\\/;:,'"]+[\\/])*[^\s\\/;:,'"]+/g, '(path)');
}

/**
 * Returns the id of a record: the same for the same run, so that publishing again makes no second one.
 */
export function evaluationIdOf(file: ResultFile, modelId: string): string {
  return ['eus-eval', modelId, file.date, file.family, ...(file.variation === '' ? [] : [file.variation])].join('/');
}

/**
 * Returns a UUID of version 4's form that follows from an evaluation's id.
 */
export function uuidOf(evaluationId: string): string {
  const bytes = createHash('sha256').update(evaluationId).digest().subarray(0, 16);
  // Version 4, and the variant of RFC 9562.
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Devices of Windows, which no folder may be called, and the data store's own folder. */
const RESERVED = /^(con|prn|aux|nul|com[1-9]|lpt[1-9]|data)(\.|$)/i;

/**
 * Returns a text as one folder's name of the data store: no `/` and nothing that a system refuses.
 */
export function folderPart(text: string): string {
  const flat = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the data store refuses.
    .replace(/[<>:"\\|?*\u0000-\u001f/]/g, '_')
    .replace(/[. ]+$/, '')
    .replace(/^\.+/, '');
  return flat === '' || RESERVED.test(flat) ? `_${flat}` : flat;
}

/**
 * Returns the folder of a model's records below the published folder, `data/eus-eval/DEVELOPER/MODEL`.
 */
export function recordFolder(modelId: string): string {
  const slash = modelId.indexOf('/');
  const [developer, model] = slash < 0 ? ['unknown', modelId] : [modelId.slice(0, slash), modelId.slice(slash + 1)];
  return `data/eus-eval/${folderPart(developer)}/${folderPart(model)}`;
}
