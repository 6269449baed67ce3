/** Where this program and Python's tools keep files of their own: one reading of the variables for all. */
import { homedir } from 'node:os';
import path from 'node:path';
import { UserError } from './errors.js';

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns the user's home folder: `HOME` (on Windows `USERPROFILE`), else what the system's list of users says. Null where neither has one, as for the
 * user numbers without an entry that containers run under.
 */
export function homeFolder(env: Env = process.env): string | null {
  const named = process.platform === 'win32' ? env.USERPROFILE : env.HOME;
  if (named !== undefined && named !== '') return named;
  try {
    return homedir() || null;
  } catch {
    return null;
  }
}

/** Throws `UserError` that names the variables, the first of which is the one to set, where there is no home folder. */
function homeFor(env: Env, variables: readonly string[]): string {
  const home = homeFolder(env);
  if (home !== null) return home;
  throw new UserError(
    `this user has no home folder (no HOME, no entry in the list of users); set ${variables.join(' or ')} to a folder that you may write`,
  );
}

/**
 * Returns the folder that a variable names, with `~` and `$NAME` as Python expands them; null when it is not set.
 * Throws `UserError` for `~` where there is no home folder.
 */
export function folderIn(env: Env, variable: string): string | null {
  const value = env[variable];
  if (value === undefined || value === '') return null;
  const expanded = /^~(?=$|[\\/])/.test(value) ? homeFor(env, [variable]) + value.slice(1) : value;
  return expanded.replace(
    /\$(\w+)|\$\{(\w+)\}/g,
    (whole, name: string | undefined, braced: string | undefined) => env[name ?? braced ?? ''] ?? whole,
  );
}

/**
 * Returns this program's own cache folder: `EUS_EVAL_CACHE`, else `eus-eval` in `XDG_CACHE_HOME`, else `~/.cache/eus-eval`. Absolute; it need not exist.
 * Throws `UserError` where there is no home folder and neither variable is set.
 */
export function ownCache(env: Env = process.env): string {
  const own = folderIn(env, 'EUS_EVAL_CACHE');
  if (own !== null) return path.resolve(own);
  const xdg = folderIn(env, 'XDG_CACHE_HOME') ?? '';
  // The specification calls a relative path invalid: it would mean another folder after every `cd`.
  return path.join(path.isAbsolute(xdg) ? xdg : path.join(homeFor(env, ['EUS_EVAL_CACHE', 'HOME']), '.cache'), 'eus-eval');
}

/**
 * Returns the folder of Python's tools (`huggingface_hub`): `HF_HOME`, else `huggingface` in `XDG_CACHE_HOME`, else `~/.cache/huggingface`.
 * Throws `UserError` where there is no home folder and neither variable is set.
 */
export function hubHome(env: Env = process.env): string {
  return (
    folderIn(env, 'HF_HOME') ??
    path.join(folderIn(env, 'XDG_CACHE_HOME') ?? path.join(homeFor(env, ['HF_HOME', 'HOME']), '.cache'), 'huggingface')
  );
}
