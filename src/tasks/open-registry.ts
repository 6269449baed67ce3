import { BUILT_IN_HOOKS } from '../hooks/built-in.js';
import { type HookModule, loadHooks } from '../hooks/user-module.js';
import type { Metric } from '../metrics/define.js';
import { withMetrics } from '../metrics/registry.js';
import { packagePath } from '../package-files.js';
import { loadRegistry, type Registry } from './registry.js';

/**
 * Returns the tasks that come with the package, for task files whose Python functions `hooks` answers (null: the built-in ones only) and that may name
 * `metrics` beside the built-in ones. Throws `UserError` where the module cannot be loaded or the name of a metric is taken.
 */
export async function openRegistry(hooks: HookModule | null, metrics: readonly Metric[] = []): Promise<Registry> {
  return loadRegistry(packagePath('tasks'), {
    metrics: withMetrics(metrics),
    hooks: hooks === null ? BUILT_IN_HOOKS : await loadHooks(hooks),
  });
}
