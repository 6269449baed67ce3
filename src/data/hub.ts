import { UserError } from '../errors.js';
import type { DataSource } from '../types.js';
import type { OpenDataOptions } from './open.js';

/** Not yet. */
export async function openHub(_options: OpenDataOptions): Promise<DataSource> {
  throw new UserError('data from the hub is not available yet; give a folder with --data DIR');
}
