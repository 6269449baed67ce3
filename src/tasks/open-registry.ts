import { BUILT_IN_HOOKS } from '../hooks/built-in.js';
import { loadHooks } from '../hooks/user-module.js';
import { METRICS } from '../metrics/registry.js';
import { packagePath } from '../package-files.js';
import { loadRegistry, type Registry } from './registry.js';

/**
 * Returns the tasks that come with the package, for task files whose Python functions a JavaScript module answers (`--hooks FILE`); null for none.
 * Throws `UserError` where the module cannot be loaded.
 */
export async function openRegistry(hooks: string | null): Promise<Registry> {
  return loadRegistry(packagePath('tasks'), { metrics: METRICS, hooks: hooks === null ? BUILT_IN_HOOKS : await loadHooks(hooks) });
}
