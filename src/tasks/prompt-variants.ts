/** Other wordings of a task's prompts: each becomes a task of its own, `TASK@VARIANT`, beside the one that it is a variant of. */
import { UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import { leavesOf, type TaskNode, uniqueLeaves } from '../task-tree.js';
import type { PromptVariant, Task } from '../types.js';
import { writtenTemplate } from './build.js';
import { checkVariants } from './schema.js';
import { readTaskFile } from './yaml-file.js';

type Variants = Readonly<Record<string, PromptVariant>>;

/**
 * Returns the nodes, and behind each the variants of the tasks in it: those of their own files, and those that `file` (YAML: TASK, VARIANT,
 * then fields of a task file) names; null for none. Throws `UserError` for a file that is broken, a task of it that is not among the nodes,
 * and a variant that is named twice.
 */
export async function withPromptVariants(nodes: readonly TaskNode[], file: string | null): Promise<readonly TaskNode[]> {
  const given = file === null ? new Map<string, Variants>() : await readVariants(file);
  const names = uniqueLeaves(nodes).map(({ name }) => name);
  for (const name of given.keys()) {
    if (!names.includes(name))
      throw new UserError(
        `${file}: ${name}: no such task in this run; groups have no prompts of their own, their tasks do.${didYouMean(name, names)}`,
      );
  }
  return nodes.flatMap((node) => [node, ...leavesOf(node).flatMap((task) => variantsOf(task, given.get(task.name) ?? {}, file))]);
}

async function readVariants(file: string): Promise<ReadonlyMap<string, Variants>> {
  const fields = Object.entries(await readTaskFile(file)).map(([task, variants]) => [task, checkVariants(file, task, variants)] as const);
  if (fields.length === 0) throw new UserError(`${file}: no task in it; write TASK: {VARIANT: {doc_to_text: ...}}`);
  return new Map(fields);
}

function variantsOf(task: Task, given: Variants, file: string | null): readonly Task[] {
  const own = task.promptVariants ?? {};
  const twice = Object.keys(given).find((name) => Object.hasOwn(own, name));
  if (twice !== undefined) throw new UserError(`${file}: ${task.name}: ${twice}: its task file has a variant of this name`);
  return [
    ...Object.entries(own).map(([name, variant]) => variantOf(task, name, variant, task.file)),
    ...Object.entries(given).map(([name, variant]) => variantOf(task, name, variant, file ?? task.file)),
  ];
}

/**
 * The task with the fields of a variant in place of its own; without a place of its own in language and category, which are those of the
 * original.
 */
function variantOf(task: Task, variant: string, fields: PromptVariant, file: string): Task {
  const name = `${task.name}@${variant}`;
  if (fields.doc_to_choice != null && task.docToChoice === null)
    throw new UserError(`${file}: ${name}: doc_to_choice: the task has no choices`);
  const { promptVariants: _, ...rest } = task;
  return {
    ...rest,
    name,
    alias: `${task.alias} @ ${variant}`,
    file,
    variantOf: task.name,
    ...(fields.doc_to_text === undefined ? {} : { docToText: writtenTemplate(fields.doc_to_text) }),
    ...(fields.doc_to_target === undefined ? {} : { docToTarget: writtenTemplate(fields.doc_to_target) }),
    ...(fields.doc_to_choice == null ? {} : { docToChoice: writtenTemplate(fields.doc_to_choice) }),
    ...(fields.description == null ? {} : { description: fields.description }),
    ...(fields.gen_prefix == null ? {} : { genPrefix: fields.gen_prefix }),
    ...(fields.target_delimiter === undefined ? {} : { targetDelimiter: fields.target_delimiter }),
    ...(fields.fewshot_delimiter === undefined ? {} : { fewshotDelimiter: fields.fewshot_delimiter }),
    config: { ...task.config, ...fields, task: name },
    meta: { ...task.meta, language: null, category: null },
  };
}
