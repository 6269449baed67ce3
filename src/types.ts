/**
 * The contract on one page. A run is a straight line:
 *
 *   task file -> documents -> prompts -> requests -> backend -> responses -> scores -> metrics -> result files
 *
 * Every folder of `src/` implements one arrow and meets its neighbours only through these types.
 */
import type { Forecast } from './forecast.js';
import type { Sampling } from './generation.js';
import type { PyFloat } from './python/float.js';

/**
 * A value of a document as it came from the data set. A `number` with an integral value is an integer, any other a float;
 * `bigint` is an integer beyond 2^53; `PyFloat` is a float whose value is integral (3.0), which a number could not tell from 3.
 * Objects keep their fields in the data set's order (see `python/json.ts` for keys that JavaScript would reorder).
 */
export type Value = null | boolean | string | number | bigint | PyFloat | readonly Value[] | { readonly [field: string]: Value };

/** One document (row) of a data set, untouched. */
export type Doc = { readonly [field: string]: Value };

/** The three ways to write a prompt (docs/prompts.md). */
export type PromptFamily = 'plain' | 'chat' | 'api';

/** Languages of the paper. */
export type Language = 'eu' | 'en' | 'es';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

// ---------------------------------------------------------------------------------------------------------------- tasks

export type OutputType = 'multiple_choice' | 'generate_until' | 'loglikelihood' | 'loglikelihood_rolling';

/** A metric as one task uses it, its options bound. Definitions: one file each in `metrics/`. */
export interface TaskMetric {
  readonly metric: string;
  /** The harness's word for how documents become one number, e.g. `mean`. */
  readonly aggregation: string;
  readonly higherIsBetter: boolean;
  /** Returns what one document adds. Throws `UserError` naming the document when it lacks what the metric needs. */
  score(document: ScoredDocument): MetricValue;
  /** Returns the index of the choice that the metric takes for the answer, where it is another than `predicted`. */
  readonly choose?: (document: ChoiceDocument) => number;
  /** Returns a value read back from a sample file, or null when the metric cannot have written it. */
  read(value: unknown): MetricValue | null;
  /** Returns value and standard error over the scored documents (at least one), in order; 100,000 resamples where it is bootstrapped. */
  estimate(values: readonly MetricValue[], bootstrapIterations?: number): Estimate;
}

/** What scoring hands to a metric, by the output type of the task. */
export type ScoredDocument = ChoiceDocument | TextDocument | ContinuationDocument | RollingDocument;

interface ScoredDocumentBase {
  readonly doc: Doc;
  /** Task and document, for messages. */
  readonly where: string;
}

export interface ChoiceDocument extends ScoredDocumentBase {
  readonly outputType: 'multiple_choice';
  /** Texts of the choices, without delimiter. */
  readonly choices: readonly string[];
  readonly logprobs: readonly number[];
  readonly greedy: readonly boolean[];
  /** Of each choice behind an empty prompt; null where the task did not ask for it. */
  readonly unconditional: readonly number[] | null;
  /** Index of the right choice, -1 where the target names none of them; a list where several are right. */
  readonly gold: number | readonly number[];
  /** The most probable choice; of the bias benchmarks the first one that the model would have written by itself. */
  readonly predicted: number;
}

export interface TextDocument extends ScoredDocumentBase {
  readonly outputType: 'generate_until';
  /** What the filter made of the generated text. */
  readonly answer: string;
  /** Never empty. */
  readonly references: readonly string[];
}

export interface ContinuationDocument extends ScoredDocumentBase {
  readonly outputType: 'loglikelihood';
  readonly target: string;
  readonly logprob: number;
  readonly greedy: boolean;
}

export interface RollingDocument extends ScoredDocumentBase {
  readonly outputType: 'loglikelihood_rolling';
  readonly text: string;
  readonly logprob: number;
}

/** One step of a filter pipeline over the generated texts. */
export type FilterStep =
  | { readonly function: 'regex'; readonly regexPattern: string; readonly groupSelect: number; readonly fallback: string }
  | { readonly function: 'take_first' }
  | { readonly function: 'remove_whitespace' }
  | { readonly function: 'lowercase' }
  | { readonly function: 'uppercase' };

/** A named filter pipeline, e.g. `strict-match`. Multiple-choice tasks have the single pipeline `none`. */
export interface FilterSpec {
  readonly name: string;
  readonly steps: readonly FilterStep[];
}

/** How a generation ends and how it is drawn. */
export interface GenerationSpec {
  readonly until: readonly string[];
  /** New tokens at most; null leaves it to the backend's default (256 on a local model). */
  readonly maxNewTokens: number | null;
  /** How tokens are drawn; null: always the likeliest one. */
  readonly sampling: Sampling | null;
}

/** What is right: the index of a choice or a text; a list where several answers are. */
export type Target = number | string | readonly (number | string)[];

/** How few-shot examples are picked. */
export interface FewshotSpec {
  readonly count: number;
  /** What the task's own file says, where a group or a command line says something else. */
  readonly original: number;
  /** Seed of the draws. */
  readonly seed: number;
  readonly sampler: 'default' | 'first_n';
  /** Examples written in the task file itself, instead of a split. */
  readonly samples: readonly Doc[] | null;
}

/** A validated task file: one benchmark or one subtask of a group. Templates stay text here; `prompts/` compiles them. */
export interface Task {
  readonly name: string;
  readonly alias: string;
  /** The file it was read from, for messages. */
  readonly file: string;
  readonly datasetPath: string;
  /** Data set configuration, `default` where the task names none. */
  readonly datasetName: string;
  /** Files that the task file itself names, instead of a data set. */
  readonly dataFiles: DataFiles | null;
  readonly trainingSplit: string | null;
  readonly validationSplit: string | null;
  readonly testSplit: string | null;
  readonly fewshotSplit: string | null;
  /** What is made of each row of the data set (null: it is left out), or null where rows are taken as they are. */
  readonly processDocs: ((doc: Doc) => Doc | null) | null;
  /** `jinja` source, a `field` name, a `constant`, a `list` of jinja sources, or the name of a built-in `hook`. */
  readonly docToText: Template;
  readonly docToTarget: Template;
  /** Null for generation tasks. */
  readonly docToChoice: Template | null;
  readonly description: string;
  readonly genPrefix: string | null;
  readonly targetDelimiter: string;
  readonly fewshotDelimiter: string;
  readonly fewshot: FewshotSpec;
  readonly outputType: OutputType;
  readonly generation: GenerationSpec;
  readonly filters: readonly FilterSpec[];
  readonly metrics: readonly TaskMetric[];
  /** True for the bias benchmarks: the first greedy choice decides, see spec of `bias`. */
  readonly bias: boolean;
  /** Name of the hook that scores its documents, or null. */
  readonly processResults: string | null;
  readonly version: string | number;
  /** The task file's own keys in the harness's vocabulary, for `configs` of the result file. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly meta: TaskMeta;
  /** Other wordings of its prompts by name, as its file has them: fields of task files. */
  readonly promptVariants?: Readonly<Record<string, PromptVariant>>;
  /** Name of the task that it is another wording of. */
  readonly variantOf?: string;
}

/** The fields of a task file that a variant of its prompts replaces. */
export interface PromptVariant {
  readonly doc_to_text?: string | number | undefined;
  readonly doc_to_target?: string | number | undefined;
  readonly doc_to_choice?: string | readonly string[] | Readonly<Record<string, string>> | null | undefined;
  readonly description?: string | null | undefined;
  readonly gen_prefix?: string | null | undefined;
  readonly target_delimiter?: string | undefined;
  readonly fewshot_delimiter?: string | undefined;
}

/** `data_files` of a task file. */
export interface DataFiles {
  readonly format: 'json' | 'csv' | 'parquet';
  /** Between the fields of CSV. */
  readonly separator: string;
  /** The folder that paths start from: that of the task file. */
  readonly base: string;
  /** Paths or patterns of each split, the first split first: its fields are those of all. */
  readonly splits: ReadonlyMap<string, readonly string[]>;
}

export type Template =
  | { readonly kind: 'jinja'; readonly source: string }
  | { readonly kind: 'field'; readonly field: string }
  | { readonly kind: 'constant'; readonly value: string | number }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'hook'; readonly name: string; readonly call: (doc: Doc) => Value };

/** What `list` and the leaderboard show of a task; empty for foreign task files that do not say. */
export interface TaskMeta {
  readonly language: Language | null;
  readonly category: string | null;
  /** e.g. `acc` or `exact_match,flexible-extract`. */
  readonly headlineMetric: string;
  /** Number of documents of the whole data set as the paper ran it, null where unknown. */
  readonly documents: number | null;
}

/** A group of tasks: a tree whose leaves are tasks. */
export interface Group {
  readonly name: string;
  readonly alias: string;
  readonly file: string;
  readonly children: readonly (Group | Task)[];
  /** Metrics that are averaged over the leaves; empty: the group only gathers tasks and has no score of its own. */
  readonly aggregate: readonly { readonly metric: string; readonly filters: readonly string[]; readonly weightBySize: boolean }[];
  readonly version: string | number;
  readonly meta: TaskMeta;
}

// ------------------------------------------------------------------------------------------------------------- documents

/** Where documents come from. Rows come in the data set's order; `split` streams, nothing is kept. */
export interface DataSource {
  /** Rows of one split, of a data set or of files that the task names. Throws `UserError` when the data set, configuration, split or a row is not readable. */
  split(datasetPath: string, datasetName: string, split: string, files?: DataFiles | null): AsyncIterable<Doc>;
  /** One line saying where the data come from, for results. */
  readonly description: string;
}

/** A document with everything that asking and scoring it needs. */
export interface PreparedDoc {
  readonly task: Task;
  /** Index among the evaluated documents, from 0. */
  readonly docId: number;
  readonly doc: Doc;
  /** Gold index (multiple choice) or reference text (generation); a list where several are right. */
  readonly target: Target;
  /** Texts of the choices without delimiter; null for generation. */
  readonly choices: readonly string[] | null;
  /** What the model is shown: a string (plain, chat after the template), or messages (api). */
  readonly context: string | readonly Message[];
  readonly request: Request;
  readonly docHash: string;
  readonly promptHash: string;
  readonly targetHash: string;
}

// -------------------------------------------------------------------------------------------------- requests, responses

/** Log-probabilities of all continuations of one document; they travel together so that the context is computed once. */
export interface ChoicesRequest {
  readonly kind: 'choices';
  readonly context: string;
  /** Each with its delimiter, e.g. " A". */
  readonly continuations: readonly string[];
  /** The context of each continuation, where they do not all follow `context`. */
  readonly contexts?: readonly string[];
}

/** The log-probability of a whole text, in windows as long as the model takes (`models/rolling.ts`). */
export interface RollingRequest {
  readonly kind: 'rolling';
  /** The text that is scored. */
  readonly context: string;
}

export interface GenerateRequest {
  readonly kind: 'generate';
  readonly context: string | readonly Message[];
  readonly until: readonly string[];
  readonly maxNewTokens: number | null;
  /** Absent: the likeliest token each time. */
  readonly sampling?: Sampling;
  /** A thought may come before the answer: stop strings count behind it only. Absent: the whole text is the answer. */
  readonly thought?: ThoughtRule;
}

/** How a thought before the answer is told from the answer (`thought.ts`). */
export interface ThoughtRule {
  /** What ends a thought, e.g. `</think>`. */
  readonly mark: string;
  /** The model is said to think: no stop string counts before the mark, even where the text opens no thought. */
  readonly awaited: boolean;
}

export type Request = ChoicesRequest | GenerateRequest | RollingRequest;
export type RequestKind = Request['kind'];

/**
 * How a server came to log-probabilities of choices: one request for the first token of all of them (exactly, or among the likeliest tokens), token by token over the server's
 * prefix cache, or from log-probabilities of whole prompts.
 */
export type ScoringWay = 'first token' | 'top log-probabilities' | 'stepped' | 'prompt log-probabilities';

/** Oddities of one answer that a run counts and reports (never silently). */
export interface ResponseNotes {
  /** On a server: how the choices were scored. */
  readonly scoring?: ScoringWay;
  /** Tokens cut from the left of the prompt because it was longer than the model's maximum. */
  readonly truncatedTokens?: number;
  /** The template and the tokenizer both put a BOS. */
  readonly doubledBos?: boolean;
}

export interface ChoicesResponse {
  readonly kind: 'choices';
  /** One per continuation: natural-log probability of the whole continuation, and whether each of its tokens was the arg max. */
  readonly logprobs: readonly number[];
  readonly greedy: readonly boolean[];
  readonly notes?: ResponseNotes;
}

export interface RollingResponse {
  readonly kind: 'rolling';
  /** Natural-log probability of the whole text, and the tokens it has. */
  readonly logprob: number;
  readonly tokens: number;
  readonly notes?: ResponseNotes;
}

export interface GenerateResponse {
  readonly kind: 'generate';
  /** Cut before the first stop string, or the first behind the thought. */
  readonly text: string;
  /** `stop`: a stop string or EOS; `length`: the limit of new tokens. */
  readonly finish: 'stop' | 'length';
  readonly notes?: ResponseNotes;
  /** What a paid API counted. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number; readonly costUsd?: number };
}

/** Why a request has no answer: it is unscored, counted and listed, never a wrong answer. */
export type FailureReason =
  | 'http'
  | 'timeout'
  | 'refused' // content filter and the like
  | 'malformed' // the answer does not fit the request
  | 'not a number' // NaN or infinite scores
  | 'empty continuation' // no token is left to score
  | 'too long'
  | 'out of memory'
  | 'budget' // --max-cost
  | 'internal';

export interface FailureResponse {
  readonly kind: 'failure';
  readonly reason: FailureReason;
  /** One line, without secrets. */
  readonly message: string;
}

/** An answer that can be scored. */
export type Scorable = ChoicesResponse | GenerateResponse | RollingResponse;
export type Response = Scorable | FailureResponse;

// --------------------------------------------------------------------------------------------------------------- backends

export interface Ask {
  readonly id: number;
  readonly request: Request;
}

export interface Answer {
  readonly id: number;
  readonly response: Response;
}

/** Renders messages with a model's chat template. Throws `UserError` when the template refuses them. */
export type ChatRenderer = (
  messages: readonly Message[],
  options?: { readonly addGenerationPrompt?: boolean; readonly continueFinalMessage?: boolean },
) => string;

/** Work done, as the result file's `work` section says it. All counts are tokens unless named otherwise. */
export interface WorkReport {
  /** Tokens that a harness computing every choice by itself would run through the model. */
  naiveTokens: number;
  /** Distinct (prefix, token) pairs among all sequences asked for: the least possible. */
  distinctTokens: number;
  computedTokens: number;
  paddingTokens: number;
  /** Rows of the output layer computed. */
  outputRows: number;
  /** Model runs (forward passes or HTTP requests). */
  runs: number;
  /** Seconds per phase: `load`, `tokenize`, `compute`, ... */
  seconds: Record<string, number>;
  /** Anything else a backend wants on record (batch size, retries, cost, dropped parameters). */
  details: Record<string, unknown>;
}

/** Answers requests. Implementations live in `backends/`; nothing else knows how a model is run. */
export interface Backend {
  /** What results call the model, e.g. `HiTZ/Latxa-Llama-3.1-8B-Instruct`. */
  readonly modelName: string;
  /** The harness's `model_source` word: `onnx`, `completions`, `openai`, `anthropic`, `fake`. */
  readonly source: string;
  /** Everything that changes an answer, for the journal key: file digests or base URL, tokenizer, dtype, device kind, version. No secrets. */
  readonly identity: Readonly<Record<string, string>>;
  readonly kinds: ReadonlySet<RequestKind>;
  /** False where tokens cannot be drawn at random, only the likeliest taken. */
  readonly draws?: boolean;
  /** Prompt families it can be asked in; the first is its default. */
  readonly families: readonly PromptFamily[];
  /** Present where the model has a chat template. */
  readonly renderChat: ChatRenderer | null;
  /** The chat template's source, for the result file. */
  readonly chatTemplate: string | null;
  /** Plain facts for the result file's `config`: dtype, device, max_length, parameters... */
  readonly facts: Readonly<Record<string, unknown>>;
  /**
   * Pulls requests as far ahead as it can use and yields one answer for each, in any order. Ends early, without
   * answering all, only when `signal` is aborted. Throws only for what makes every further request pointless.
   */
  ask(requests: AsyncIterable<Ask>, signal: AbortSignal): AsyncIterable<Answer>;
  work(): WorkReport;
  /** Local models on a CPU. */
  readonly forecast?: Forecast;
  /** A few words for the progress line, e.g. "12 in flight"; empty when there is nothing to say. */
  status(): string;
  close(): Promise<void>;
}

// ----------------------------------------------------------------------------------------------------- scores, results

/** Per-document outcome of `bias`: ambiguous documents count answers, disambiguated ones count hits on each side. */
export type BiasItem =
  | { readonly condition: 'ambig'; readonly answer: 'biased' | 'counter' | 'unknown' }
  | { readonly condition: 'disambig'; readonly side: 'biased' | 'counter'; readonly correct: boolean };

/**
 * What a metric makes of one document, as sample files hold it: a number, or the parts of a score of the whole task (the right choice and the predicted one,
 * a log-probability and a length, reference and answer).
 */
export type MetricValue = number | BiasItem | readonly (number | string | readonly number[] | readonly string[])[];

/** What is told of the language of an answer: one of the benchmarks', another, or why none is told. */
export type AnswerLanguage = Language | 'other' | 'unclear' | 'too short';

/** Scores of one document under one filter. */
export interface Scored {
  readonly filter: string;
  /** What the filter made of the response: [log-prob, greedy] pairs, or a text. */
  readonly filtered: readonly (readonly [number, boolean])[] | string;
  readonly metrics: Readonly<Record<string, MetricValue>>;
  /** Of choices: the index of the one that the task's headline metric takes for the answer; of a letter answer: the index of the letter that it is, absent where it is none. */
  readonly predicted?: number;
  /** Log-probability of the predicted choice minus that of the best other one, in nats. */
  readonly margin?: number;
  /** The generation ended at the limit of new tokens, where more than one was allowed; counted. */
  readonly cut?: boolean;
  /** Nothing but blanks is left to score; counted. */
  readonly empty?: boolean;
  /** A thought was taken off before scoring; counted. */
  readonly thinkingRemoved?: boolean;
  /** The thought never ended, so the answer is empty; counted. */
  readonly thinkingUnfinished?: boolean;
  /** In which language a generated answer is written; absent for choices and single letters. Counted. */
  readonly language?: AnswerLanguage;
  /** An API answer that holds no letter at all; counted. */
  readonly unparsable?: boolean;
  /** The document's target names none of its choices: scored as wrong, as the harness does; counted. */
  readonly goldOutOfRange?: boolean;
}

/** Value and standard error of one metric; `stderr` is null where the metric has none (bias, a single document). */
export interface Estimate {
  readonly value: number;
  readonly stderr: number | null;
}

/** Scores of a task or group: keys are the harness's, `metric,filter`. */
export interface ScoreTable {
  readonly name: string;
  readonly alias: string;
  readonly estimates: Readonly<Record<string, Estimate>>;
  /** Scored documents. */
  readonly samples: number;
  /** Of a group: its tasks that have no score, so that the group's mean is over the others only; absent when it is complete. */
  readonly missing?: readonly string[];
}
