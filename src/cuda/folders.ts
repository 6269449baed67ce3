/** Where this program keeps what it fetches for CUDA. */
import { homedir } from 'node:os';
import path from 'node:path';

export type Env = Readonly<Record<string, string | undefined>>;

/**
 * Returns this program's own cache folder: `EUS_EVAL_CACHE`, else `eus-eval` in `XDG_CACHE_HOME`, else `~/.cache/eus-eval`. Absolute; it need not exist.
 */
export function ownCache(env: Env = process.env): string {
  const own = env.EUS_EVAL_CACHE ?? '';
  if (own !== '') return path.resolve(own.replace(/^~(?=$|\/)/, homedir()));
  const xdg = env.XDG_CACHE_HOME ?? '';
  // The specification calls a relative path invalid: it would mean another folder after every `cd`.
  return path.join(path.isAbsolute(xdg) ? xdg : path.join(homedir(), '.cache'), 'eus-eval');
}

/** The folder that holds all of CUDA's files; `setup cuda --remove` deletes it whole. */
export function cudaFolder(env: Env = process.env): string {
  return path.join(ownCache(env), 'cuda');
}
