import { samplingWords } from '../generation.js';
import { hasApiForm } from '../prompts/api.js';
import { isGroup, leavesOf } from '../task-tree.js';
import type { Group, Task, Template } from '../types.js';

const LANGUAGES = { eu: 'Basque', en: 'English', es: 'Spanish' } as const;

/**
 * Returns what a benchmark or task is: its data, prompt, scoring and headline score, as lines of text.
 */
export function benchmarkLines(entry: Group | Task): readonly string[] {
  const leaves = leavesOf(entry);
  const [task] = leaves;
  if (task === undefined) return [`${entry.name}: an empty group`];
  const { meta } = entry;
  const lines = [
    `${entry.name}: ${[meta.language === null ? null : LANGUAGES[meta.language], meta.category].filter((x) => x !== null).join(', ') || 'a task'}`,
    '',
    `Data: ${dataOf(leaves)}${meta.documents === null ? '' : `, ${meta.documents.toLocaleString('en')} documents`}`,
    `Shots: ${shotsOf(task)}`,
    `Prompt: ${templateOf(task.docToText)}`,
    ...(task.docToChoice === null ? [] : [`Choices: ${templateOf(task.docToChoice)}`]),
    `Target: ${templateOf(task.docToTarget)}`,
    `Asked as: plain, chat${hasApiForm(task) ? ', api' : ' (not api: its choices are texts, which need log-probabilities)'}`,
    `Headline: ${meta.headlineMetric}`,
    `Scores: ${scoresOf(task)}${task.processResults === null || task.bias ? '' : `, from the function ${task.processResults}`}`,
  ];
  if (task.outputType === 'generate_until')
    lines.push(
      `Generation: ${samplingWords(task.generation.sampling)}, until ${task.generation.until.map((x) => JSON.stringify(x)).join(', ') || 'the end'}`,
    );
  for (const { name, steps } of task.filters)
    for (const step of steps)
      if (step.function === 'regex')
        lines.push(
          `Filter ${name}: match ${step.groupSelect < 0 ? `number ${step.groupSelect} (the last is -1)` : `number ${step.groupSelect + 1}`} of ${step.regexPattern}`,
        );
  if (isGroup(entry)) lines.push(`Tasks: ${leaves.length}: ${shorten(leaves.map(({ name }) => name))}`, aggregateLine(entry));
  return lines;
}

/**
 * Returns the names of the topics that explain an entry's scores.
 */
export function topicsOf(entry: Group | Task): readonly string[] {
  const [task] = leavesOf(entry);
  // What a function of the task's own scores is not what the metric of that name is elsewhere.
  const hooked = task !== undefined && task.processResults !== null && !task.bias;
  const names = new Set<string>(hooked ? [] : task?.metrics.map(({ metric }) => metric));
  for (const filter of ['flexible-extract', 'strict-match']) if (task?.filters.some(({ name }) => name === filter)) names.add(filter);
  return [...names];
}

function dataOf(leaves: readonly Task[]): string {
  const [first] = leaves;
  const configurations = [...new Set(leaves.map(({ datasetName }) => datasetName))];
  const split = first?.testSplit ?? first?.validationSplit ?? first?.trainingSplit;
  const files = split == null ? undefined : first?.dataFiles?.splits.get(split);
  if (files !== undefined) return `${files.join(', ')} (${first?.dataFiles?.format})`;
  return `${first?.datasetPath}, ${configurations.length === 1 ? `configuration ${configurations[0]}` : `${configurations.length} configurations`}, split ${split}`;
}

function shotsOf(task: Task): string {
  const { count, sampler, samples } = task.fewshot;
  if (count === 0) return 'none';
  if (samples !== null) return `${count}, written in the task file`;
  const split = task.fewshotSplit ?? task.trainingSplit ?? task.validationSplit ?? task.testSplit;
  return sampler === 'first_n'
    ? `${count}, the first of the split ${split}`
    : `${count}, drawn for each document from the split ${split} with seed ${task.fewshot.seed}`;
}

function templateOf(template: Template): string {
  switch (template.kind) {
    case 'jinja':
      return JSON.stringify(template.source);
    case 'field':
      return `field ${template.field}`;
    case 'constant':
      return JSON.stringify(template.value);
    case 'list':
      return template.items.map((item) => JSON.stringify(item)).join(', ');
    case 'hook':
      return template.name === 'lettered_candidates'
        ? `built in (${template.name}): a line "A: ..." for each candidate`
        : `the function ${template.name}`;
  }
}

function scoresOf(task: Task): string {
  return task.metrics.flatMap(({ metric }) => task.filters.map(({ name }) => `${metric},${name}`)).join('; ');
}

function aggregateLine(group: Group): string {
  if (group.aggregate.length === 0) return 'Group score: none, it only gathers its tasks';
  return `Group score: mean of ${group.aggregate.map(({ metric }) => metric).join(' and ')} over the tasks, ${group.aggregate[0]?.weightBySize ? 'weighted by documents' : 'each task alike'}`;
}

function shorten(names: readonly string[]): string {
  return names.length <= 6 ? names.join(', ') : `${names.slice(0, 3).join(', ')}, ... ${names.at(-1)}`;
}
