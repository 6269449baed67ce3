/** A task as results record it, so that it can be explained where its file is not at hand. */
import { UserError } from '../errors.js';
import { fieldsAt } from '../results/fields.js';
import { leavesOf } from '../results/group-tree.js';
import { findResultFiles, readResultContent, resultFileOf } from '../results/read.js';
import { buildTask } from '../tasks/build.js';
import type { Vocabulary } from '../tasks/build-metrics.js';
import type { Config } from '../tasks/config.js';
import { checkTask } from '../tasks/schema.js';
import type { Group, Language, Task } from '../types.js';

/**
 * Returns the task or group called `name` from the newest results below folders, or null where none has it. Throws `UserError` where what is recorded is no task file
 * that could be read: a file of the harness whose task has functions in Python, or functions of a JavaScript module that is not given.
 */
export async function recordedEntry(dirs: readonly string[], name: string, vocabulary: Vocabulary): Promise<Group | Task | null> {
  const files = (await Promise.all(dirs.map((dir) => findResultFiles(dir)))).flat();
  let newest: { readonly date: number; readonly entry: () => Group | Task } | null = null;
  for (const file of files) {
    const content = await readResultContent(file);
    const results = resultFileOf(content, file);
    const result = results.tasks.get(name);
    if (result === undefined || (newest !== null && newest.date >= results.date)) continue;
    const configs = fieldsAt(fieldsAt(content).configs);
    newest = {
      date: results.date,
      entry: () => {
        const tasks = leavesOf(name, results.groupSubtasks).flatMap((leaf) => {
          const config = fieldsAt(configs[leaf]);
          return Object.keys(config).length === 0 ? [] : [buildTask(file, checkTask(file, known(config)), vocabulary)];
        });
        const [first] = tasks;
        if (first === undefined) throw new UserError(`${file}: configs: nothing is recorded of ${name}`);
        if (!result.isGroup) return first;
        const { headlineMetric, language, category } = result.about;
        return {
          name,
          alias: result.alias,
          file,
          children: tasks,
          aggregate: [...result.estimates.keys()].map((key) => ({
            metric: key.slice(0, key.indexOf(',')),
            filters: [key.slice(key.indexOf(',') + 1)],
            weightBySize: true,
          })),
          version: result.version ?? 'Yaml',
          meta: {
            language: LANGUAGES.find((one) => one === language) ?? null,
            category,
            headlineMetric: headlineMetric ?? first.meta.headlineMetric,
            documents: null,
          },
        };
      },
    };
  }
  return newest?.entry() ?? null;
}

const LANGUAGES: readonly Language[] = ['eu', 'en', 'es'];

/** A field that is null says nothing, in a task file as in what is recorded of it. */
function known(config: Config): Config {
  return Object.fromEntries(Object.entries(config).flatMap(([field, value]) => (value === null ? [] : [[field, withoutNull(value)]])));
}

function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  return typeof value === 'object' && value !== null ? known(fieldsAt(value)) : value;
}
