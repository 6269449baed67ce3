/**
 * The library's entry: what the commands do, without a process. Nothing here prints, ends the process or listens to its signals; docs/library.md shows its use.
 */
export type { BattleRow, Question } from './arena/battles.js';
export type { ArenaFit, ArenaModel } from './arena/fit.js';
export type { Comparison, TestedRow } from './compare/compare.js';
export type { Allowable } from './compare/differs.js';
export * from './errors.js';
export type { Judgement, Verdict } from './gate/judge.js';
export type { Policy, PolicyFields } from './gate/policy.js';
export type { GateOutcome } from './gate/run-gate.js';
export type { HookModule } from './hooks/user-module.js';
export type { Average, Board, BoardModel, Cell } from './leaderboard/board.js';
export type { ArenaOptions } from './library/arena.js';
export { BUNDLED_DATA } from './library/bundled.js';
export type { CompareOptions, ComparisonResult } from './library/compare.js';
export type { Contamination, ContaminationOptions } from './library/contamination.js';
export type { Evaluation } from './library/evaluate.js';
export * from './library/functions.js';
export type { GateOptions } from './library/gate.js';
export type { Judged, JudgeOptions } from './library/judge.js';
export type { Leaderboard, LeaderboardOptions } from './library/leaderboard.js';
export type { OpenModelOptions } from './library/model.js';
export type { PublishOptions } from './library/publish.js';
export type { ReadOptions, Results, Sample, Side } from './library/results.js';
export type { EvaluateSeedsOptions, SeedEvaluation } from './library/seeds.js';
export type { EvaluateAllOptions, Evaluations, ModelOutcome } from './library/several.js';
export { defineMetric, type Metric, type MetricDefinition } from './metrics/define.js';
export { corpusSummary, isNumber, MEAN, NO_OPTIONS } from './metrics/summaries.js';
export type { Published } from './publish/publish.js';
export type { ResultFile, TaskResult } from './results/read.js';
export type { OnProgress, RunEvent } from './run/events.js';
export type { Merged, MergeOptions } from './run/merge.js';
export type { EvaluateOptions, ModelOptions } from './run/options.js';
export type { TaskOptions } from './run/task-options.js';
export { meanEstimate } from './statistics/mean.js';
export type * from './types.js';
