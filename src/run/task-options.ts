/** The options that choose tasks, for everything that takes tasks. */
import type { HookModule } from '../hooks/user-module.js';
import { isObject } from '../is-object.js';
import type { Metric } from '../metrics/define.js';
import { type Checks, listWith, NAME, type OneOrMore, type Optional, oneOrMore, SIGNAL } from '../options.js';

export type TaskOptions = Optional<{
  /** Benchmarks, groups, tasks, wildcards, `eu`, `en`, `es`, `all` (the default), or paths of task files. */
  tasks: OneOrMore<string>;
  /** A folder of task files whose names `tasks` can take. */
  includePath: string;
  /** What answers the Python functions of task files: a JavaScript module, or functions by name. */
  hooks: HookModule;
  /** Metrics that task files can name beside the built-in ones. */
  metrics: readonly Metric[];
  signal: AbortSignal;
}>;

const isTask = (value: unknown): boolean => typeof value === 'string' || (isObject(value) && typeof value.name === 'string');
const isMetric = (value: unknown): boolean => isObject(value) && typeof value.name === 'string' && typeof value.bind === 'function';
const isFunction = (value: unknown): boolean => typeof value === 'function';

export const TASK_CHECKS: Checks<TaskOptions> = {
  tasks: oneOrMore('names of tasks, or tasks that loadTasks returned', { expected: 'a task', fits: isTask }),
  includePath: NAME,
  hooks: {
    expected: 'a JavaScript module, or functions by name',
    fits: (value) => NAME.fits(value) || (isObject(value) && Object.values(value).every(isFunction)),
  },
  metrics: listWith('metrics (of defineMetric)', { expected: 'a metric', fits: isMetric }),
  signal: SIGNAL,
};
