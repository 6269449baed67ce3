import { UserError } from '../errors.js';
import { metricNamed } from '../metrics/registry.js';
import { isGroup } from '../task-tree.js';
import type { Group, Task, Template } from '../types.js';

/** What the paper told every API model before a letter choice; MGSM has no instruction. */
export const LETTER_INSTRUCTION = 'Respond always with a single letter: A, B, C or D.';
/** Key of the single filter pipeline of letter choice, as recorded (with an underscore, unlike MGSM's `strict-match`). */
const LETTER_FILTER = 'strict_match';
/** New tokens that the paper allowed for a reasoned answer. */
const REASONING_TOKENS = 1024;

/**
 * Returns whether a task can be asked of an API model: its choices are letters, or it is answered in free text.
 */
export function hasApiForm(task: Task): boolean {
  return task.outputType === 'generate_until' || hasLetters(task.docToChoice);
}

/** Names of tasks that an error lists at most: a line that nobody reads to its end helps nobody. */
const MOST_NAMES = 12;

/**
 * Returns the entries as they are asked of an API model (`apiEntry`). Where only some of them can be, throws a `UserError` that names those
 * that cannot and ends with the value of `--tasks` that leaves them out.
 */
export function apiEntries(entries: readonly (Group | Task)[]): readonly (Group | Task)[] {
  const able = entries.filter(canBeAsked);
  if (able.length === entries.length || entries.length === 1) return entries.map(apiEntry);
  const refused = entries.filter((entry) => !canBeAsked(entry)).map((entry) => entry.name);
  const named =
    refused.length <= MOST_NAMES
      ? refused.join(', ')
      : `${refused.slice(0, MOST_NAMES).join(', ')} and ${refused.length - MOST_NAMES} more`;
  const instead =
    able.length === 0
      ? 'use a local model or completions: instead'
      : `use a local model or completions: for them, or ask only the others: --tasks ${able.map((entry) => entry.name).join(',')}`;
  throw new UserError(
    `${refused.length} of the ${entries.length} benchmarks cannot be asked of an API model, because their choices are texts, not letters, and would need their log-probabilities: ${named}; ${instead}`,
  );
}

function canBeAsked(entry: Group | Task): boolean {
  return isGroup(entry) ? entry.children.every(canBeAsked) : hasApiForm(entry);
}

/**
 * Returns whether a task is answered with a single letter: multiple choice with letters, or what `apiTask` made of it.
 */
export function isLetterChoice(task: Task): boolean {
  return hasLetters(task.docToChoice);
}

function hasLetters(choices: Template | null): boolean {
  if (choices?.kind === 'hook') return choices.name === 'lettered_candidates';
  return choices?.kind === 'list' && choices.items.every((item, i) => item === String.fromCharCode(65 + i));
}

/**
 * Returns the task as it is asked of an API model. Multiple choice with letters becomes one generated token that must equal the target's
 * letter; free-text tasks keep everything and get more tokens. Applying it twice changes nothing.
 * Throws `UserError` for tasks whose choices are no letters: an API gives no log-probabilities of given texts.
 */
export function apiTask(task: Task): Task {
  if (task.outputType === 'generate_until') {
    return task.generation.maxNewTokens === null ? { ...task, generation: { ...task.generation, maxNewTokens: REASONING_TOKENS } } : task;
  }
  if (!hasLetters(task.docToChoice)) {
    throw new UserError(
      `${task.name} cannot be asked of an API model: its choices are texts, not letters, and would need their log-probabilities; use a local model or completions: instead`,
    );
  }
  const compared = { ignore_case: true, ignore_punctuation: true, regexes_to_ignore: ['\\$', '\\.$'] };
  const metric = { metric: 'exact_match', aggregation: 'mean', higher_is_better: true, ...compared };
  const { process_results: _, ...config } = task.config;
  return {
    ...task,
    outputType: 'generate_until',
    generation: { until: [], maxNewTokens: 1, sampling: null },
    filters: [{ name: LETTER_FILTER, steps: [{ function: 'remove_whitespace' }, { function: 'take_first' }] }],
    metrics: [metricNamed('exact_match').bind(compared)],
    bias: false,
    processResults: null,
    config: {
      ...config,
      output_type: 'generate_until',
      metric_list: [metric],
      generation_kwargs: { until: [], max_gen_toks: 1 },
      filter_list: [{ name: LETTER_FILTER, filter: [{ function: 'remove_whitespace' }, { function: 'take_first' }] }],
    },
    meta: { ...task.meta, headlineMetric: `exact_match,${LETTER_FILTER}` },
  };
}

/**
 * Returns a group or task with every task below it as `apiTask` makes it, and groups averaging the metric that those have.
 */
export function apiEntry(entry: Group | Task): Group | Task {
  if (!isGroup(entry)) return apiTask(entry);
  const children = entry.children.map(apiEntry);
  const letters = entry.aggregate.some((x) => x.metric === 'acc');
  const aggregate = letters
    ? entry.aggregate.filter((x) => x.metric === 'acc').map((x) => ({ ...x, metric: 'exact_match', filters: [LETTER_FILTER] }))
    : entry.aggregate;
  return {
    ...entry,
    children,
    aggregate,
    meta: { ...entry.meta, headlineMetric: children[0]?.meta.headlineMetric ?? entry.meta.headlineMetric },
  };
}
