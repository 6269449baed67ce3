/** Where this program keeps what it fetches for CUDA. */
import path from 'node:path';
import { type Env, ownCache } from '../cache-folders.js';
import { UserError } from '../errors.js';

/** The folder that holds all of CUDA's files; `setup cuda --remove` deletes it whole. Throws `UserError` where there is no place for a cache. */
export function cudaFolder(env: Env = process.env): string {
  return path.join(ownCache(env), 'cuda');
}

/** The same folder, or null where there is no place for a cache: then nothing was ever set up in it. */
export function cudaFolderIfAny(env: Env = process.env): string | null {
  try {
    return cudaFolder(env);
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
