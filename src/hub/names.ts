import { UserError } from '../errors.js';

/** One part of a repository name, as the hub allows it. */
const REPO_PART = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?$/;
/** The hub's own limit for a whole name. */
const MAX_REPO_NAME = 96;
const MAX_PART = 200;

/**
 * Returns true when `name` is a repository name of the hub: `NAME` or `ORG/NAME` of letters, digits, `.`, `_`, `-`,
 * at most 96 characters, without `..` and `--` (which the cache uses as a separator).
 */
export function isRepoName(name: string): boolean {
  const parts = name.split('/');
  if (name.length > MAX_REPO_NAME || parts.length > 2 || name.includes('--') || name.includes('..')) return false;
  return parts.every((part) => REPO_PART.test(part));
}

/**
 * Throws `UserError` when `name` is not a repository name; `what` says whose name it is, e.g. `data set`.
 */
export function checkRepoName(name: string, what: string): void {
  if (isRepoName(name)) return;
  throw new UserError(`${what} ${quote(name)} is no name of the hub; valid: ORG/NAME of letters, digits, '.', '_' and '-'`);
}

/**
 * Throws `UserError` when `name` cannot be one part of a path: empty, `.`, `..`, with a slash, a backslash, a colon or a control
 * character, or longer than 200 characters. `what` says what it names, e.g. `configuration`.
 */
export function checkPathPart(name: string, what: string): void {
  if (isPathPart(name)) return;
  throw new UserError(`${what} ${quote(name)} is not valid; a name without '/', '\\', ':' and control characters is expected`);
}

/** True for a name that stays inside its folder on every operating system. */
function isPathPart(name: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return name !== '' && name !== '.' && name !== '..' && name.length <= MAX_PART && !/[/\\:\u0000-\u001f\u007f]/.test(name);
}

/**
 * Returns true when `path` is a relative path with forward slashes that stays below its folder.
 */
export function isInnerPath(path: string): boolean {
  return path.length <= 1000 && path.split('/').every(isPathPart);
}

/**
 * Returns a name in single quotes for a message, shortened and with control characters made visible.
 */
export function quote(name: string): string {
  const shown = name.length > 120 ? `${name.slice(0, 120)}...` : name;
  return `'${JSON.stringify(shown).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\')}'`;
}
