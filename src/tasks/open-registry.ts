import { BUILT_IN_HOOKS } from '../hooks/built-in.js';
import type { Hooks } from '../hooks/hook.js';
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
  return loadRegistry(packagePath('tasks'), { metrics: withMetrics(metrics), hooks: await hooksFrom(hooks) });
}

/**
 * Returns the same where tasks are only described, or few of their functions called: a missing function is an error where it is called. Throws as `openRegistry`.
 */
export async function openDescriptions(hooks: HookModule | null, metrics: readonly Metric[] = []): Promise<Registry> {
  return loadRegistry(packagePath('tasks'), { metrics: withMetrics(metrics), hooks: await hooksFrom(hooks), lateHooks: true });
}

async function hooksFrom(hooks: HookModule | null): Promise<Hooks> {
  return hooks === null ? BUILT_IN_HOOKS : loadHooks(hooks);
}
