/** What a run knows about each task when it is done: the input of result files and tables. */
import type { LanguageAverage } from '../metrics/language-average.js';
import type { PromptStatus } from '../prompts/fingerprint.js';
import type { Group, PromptFamily, ScoreTable, Task, WorkReport } from '../types.js';
import type { Counts } from './counts.js';

/** Whether the prompts of a task are those of the paper, by fingerprint. `partial`: a limit or a shard, so there is nothing to compare with. */
export type PromptOrigin = PromptStatus | 'partial';

export interface TaskOutcome {
  readonly task: Task;
  /** Null when too many of its requests failed: then there is no headline number. */
  readonly table: ScoreTable | null;
  /** Documents of the whole split after dropping, and documents evaluated here. */
  readonly original: number;
  readonly effective: number;
  /** The share of right answers that guessing reaches; null where answers are generated. */
  readonly chance: number | null;
  readonly scored: number;
  readonly counts: Counts;
  /** Fingerprint of the evaluated documents' prompts. */
  readonly taskHash: string;
  readonly prompts: PromptOrigin;
}

export interface RunOutcome {
  readonly roots: readonly (Group | Task)[];
  readonly tasks: ReadonlyMap<string, TaskOutcome>;
  readonly groups: ReadonlyMap<string, ScoreTable>;
  readonly counts: Counts;
  /** Averages of the languages of which the run has a score. */
  readonly averages: readonly LanguageAverage[];
}

/** Everything about a run that is not a score. Times are seconds since the epoch. */
export interface RunFacts {
  /** What results and leaderboards call the model, and what it is called where it came from. */
  readonly modelName: string;
  readonly ownName: string;
  readonly modelIdentity: string;
  readonly modelSource: string;
  readonly modelFacts: Readonly<Record<string, unknown>>;
  readonly identity: Readonly<Record<string, string>>;
  /** Everything that changes a prompt or an answer, by name. */
  readonly settings: Readonly<Record<string, string>>;
  readonly family: PromptFamily;
  /** The tasks as they were asked for. */
  readonly selected: readonly string[];
  readonly chatTemplate: string | null;
  readonly systemInstruction: string | null;
  readonly fewshotAsMultiturn: boolean;
  readonly limit: number | null;
  readonly shard: { readonly index: number; readonly count: number } | null;
  readonly data: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly work: WorkReport | null;
  /** Said of a run whose numbers mean nothing (the embedded tiny model). */
  readonly remark: string | null;
}
