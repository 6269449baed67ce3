/** What will be asked, checked before the first request: tasks against backend and prompt family. */
import { UserError } from '../errors.js';
import { apiEntries, hasApiForm } from '../prompts/api.js';
import { uniqueLeaves } from '../task-tree.js';
import { DEFAULT_MARK } from '../thought.js';
import type { Backend, ChatRenderer, Group, OutputType, PromptFamily, RequestKind, Task } from '../types.js';
import type { Expected } from './events.js';
import type { EvaluateOptions, Shard } from './options.js';

export type PlanOptions = Pick<EvaluateOptions, 'prompt' | 'systemInstruction' | 'fewshotAsMultiturn' | 'limit' | 'shard' | 'thinking'> & {
  /** New tokens instead of what the tasks say. */
  readonly maxNewTokens?: number | null;
};

/** What a plan needs to know of a backend. */
export type PlanBackend = Pick<Backend, 'modelName' | 'source' | 'families' | 'kinds' | 'draws' | 'renderChat'>;

export interface RunPlan {
  /** Trees of tasks as they will be reported; for the api family with its letter-choice tasks. */
  readonly roots: readonly (Group | Task)[];
  /** Leaves without repetition, in order. */
  readonly tasks: readonly Task[];
  readonly family: PromptFamily;
  readonly renderChat: ChatRenderer | null;
  readonly systemInstruction: string | null;
  readonly fewshotAsMultiturn: boolean;
  readonly limit: number | null;
  readonly shard: Shard | null;
  /** What ends a thought before the answer; null: the whole text is the answer. */
  readonly thinking: string | null;
  /** The model is said to think: stop strings count behind the thought only. */
  readonly thinkingAwaited: boolean;
  /** New tokens instead of what the tasks say. */
  readonly maxNewTokens: number | null;
  /** Tells how many documents of a task there really are; returns what is expected of the whole run, by task. */
  expectDocuments(task: Task, count: number): readonly Expected[];
}

/** The word that turns the search for thoughts off. */
const NO_THINKING = 'none';

/**
 * Returns the plan of a run.
 *
 * Throws `UserError` for an impossible pair of task, family and backend, naming all three and what would do.
 */
export function planRun(selected: readonly (Group | Task)[], backend: PlanBackend, options: PlanOptions): RunPlan {
  const { systemInstruction = null, fewshotAsMultiturn = true, limit = null, shard = null, thinking, maxNewTokens = null } = options;
  const family = options.prompt ?? backend.families[0] ?? 'plain';
  // A model that takes texts is given messages through its template; one behind an API takes them as they are, and so does the one without a model.
  const rendered = family === 'chat' || (family === 'api' && backend.source !== 'fake');
  if (rendered && backend.renderChat === null && backend.families[0] !== 'api') {
    throw new UserError(
      `--prompt ${family}: the model ${backend.modelName} has no chat template (chat_template.jinja or tokenizer_config.json${backend.source === 'completions' ? ' of --tokenizer' : ''}); use --prompt plain`,
    );
  }
  if (!backend.families.includes(family)) {
    const families = backend.families.join(' or ');
    const takes = backend.source === 'onnx' ? 'local models take' : `${backend.source}:${backend.modelName} takes`;
    throw new UserError(`--prompt ${family}: ${takes} --prompt ${families}, not ${family}`);
  }
  const roots = family === 'api' ? apiEntries(selected) : selected;
  const tasks = uniqueLeaves(roots);
  for (const task of tasks) {
    const kind = requestKind(task);
    if (!backend.kinds.has(kind)) throw new UserError(impossible(task, kind, backend));
    if (kind === 'generate' && task.generation.sampling !== null && backend.draws === false)
      throw new UserError(
        `${task.name} draws its answers (temperature ${task.generation.sampling.temperature}), which a local model on CUDA cannot; use --device cpu or webgpu, or completions:NAME --base-url URL`,
      );
  }
  const expected = new Map(tasks.map((t) => [t.name, shareOf(Math.min(t.meta.documents ?? 0, limit ?? Number.POSITIVE_INFINITY), shard)]));
  return {
    roots,
    tasks,
    family,
    renderChat: backend.renderChat,
    systemInstruction,
    fewshotAsMultiturn,
    limit,
    shard,
    thinking: thinking === NO_THINKING ? null : (thinking ?? DEFAULT_MARK),
    // Who gives more new tokens expects a thought, in the api family at least, where letters need one token.
    thinkingAwaited: thinking !== NO_THINKING && (thinking !== undefined || (family === 'api' && (maxNewTokens ?? 1) > 1)),
    maxNewTokens,
    expectDocuments: (task, count) => {
      expected.set(task.name, count);
      return tasks.map((one) => ({ task: one.name, kind: requestKind(one), documents: expected.get(one.name) ?? 0 }));
    },
  };
}

const REQUEST_KINDS: Readonly<Record<OutputType, RequestKind>> = {
  multiple_choice: 'choices',
  loglikelihood: 'choices',
  loglikelihood_rolling: 'rolling',
  generate_until: 'generate',
};

/**
 * Returns what a task asks a backend for.
 */
export function requestKind({ outputType }: Pick<Task, 'outputType'>): RequestKind {
  return REQUEST_KINDS[outputType];
}

function impossible(task: Task, kind: RequestKind, backend: PlanBackend): string {
  if (kind === 'rolling')
    return `${task.name} needs log-probabilities of whole texts, which ${backend.source}:${backend.modelName} does not give; use a local model folder, or completions:NAME --base-url URL --tokenizer DIR with a server that gives log-probabilities of prompts`;
  if (kind === 'choices' && backend.source === 'completions' && hasApiForm(task))
    return `${task.name} needs log-probabilities of its choices, which ${backend.source}:${backend.modelName} does not give; use a server that gives them, or --prompt api, for which the model writes the letter of its choice`;
  return kind === 'choices'
    ? `${task.name} needs log-probabilities of ${task.outputType === 'loglikelihood' ? 'its continuations' : 'its choices'}, which ${backend.source}:${backend.modelName} does not give; use a local model folder or completions:NAME --base-url URL`
    : `${task.name} needs generated text, which ${backend.source}:${backend.modelName} does not give; use a local model folder, completions:NAME or openai:NAME`;
}

/**
 * Returns how many of `documents` a shard evaluates (all without a shard): contiguous blocks whose sizes differ by at most one.
 */
export function shareOf(documents: number, shard: Shard | null): number {
  if (shard === null) return documents;
  const [start, end] = blockOf(documents, shard);
  return end - start;
}

/**
 * Returns the first document of a shard and the one behind its last, of `documents` in all.
 */
export function blockOf(documents: number, { index, count }: Shard): readonly [number, number] {
  return [Math.floor((documents * index) / count), Math.floor((documents * (index + 1)) / count)];
}
