/** The functions of the library as its callers have them, checked at the border (src/library/entry.ts); what they do stands in the files beside this one. */
import { MERGE_CHECKS } from '../run/merge.js';
import { EVALUATE_CHECKS } from '../run/options.js';
import { TASK_CHECKS } from '../run/task-options.js';
import { ARENA_CHECKS, fitArena as fitArenaUnchecked } from './arena.js';
import { COMPARE_CHECKS, compare as compareUnchecked } from './compare.js';
import { CONTAMINATION_CHECKS, contamination as contaminationUnchecked } from './contamination.js';
import { libraryFunction } from './entry.js';
import { evaluate as evaluateUnchecked } from './evaluate.js';
import { GATE_CHECKS, gate as gateUnchecked } from './gate.js';
import { JUDGE_CHECKS, judge as judgeUnchecked } from './judge.js';
import { LEADERBOARD_CHECKS, leaderboard as leaderboardUnchecked } from './leaderboard.js';
import { merge as mergeUnchecked } from './merge.js';
import { OPEN_MODEL_CHECKS, openModel as openModelUnchecked } from './model.js';
import { PUBLISH_CHECKS, publish as publishUnchecked } from './publish.js';
import { READ_CHECKS, readResults as readResultsUnchecked } from './results.js';
import { EVALUATE_SEEDS_CHECKS, evaluateSeeds as evaluateSeedsUnchecked } from './seeds.js';
import { EVALUATE_ALL_CHECKS, evaluateAll as evaluateAllUnchecked } from './several.js';
import { loadTasks as loadTasksUnchecked } from './tasks.js';

/**
 * Evaluates a model on benchmarks, as `eus-eval run` does. Throws `UserError` for what the caller can mend, `InterruptedError` when `signal` is aborted (finished answers are
 * in the journal of `out`), `CannotJudgeError` when the first 50 requests all fail; fewer leave tasks without a score (`noScore`).
 */
export const evaluate = libraryFunction('evaluate', EVALUATE_CHECKS, evaluateUnchecked);

/**
 * Evaluates several models one after the other, each with results of its own; one that cannot be evaluated does not end the others. Throws `UserError` for a pattern without a
 * match, and `InterruptedError` when `signal` is aborted.
 */
export const evaluateAll = libraryFunction('evaluateAll', EVALUATE_ALL_CHECKS, evaluateAllUnchecked);

/**
 * Evaluates a model once for each seed (the second argument) of the draws of few-shot examples; mean and spread of the scores, and the runs. Throws as `evaluate`, and
 * `UserError` for seeds that are none.
 */
export const evaluateSeeds = libraryFunction('evaluateSeeds', EVALUATE_SEEDS_CHECKS, evaluateSeedsUnchecked);

/**
 * Joins the shards of a run into what one run would have written. Throws `UserError` when shards are missing, doubled, damaged or belong to different runs.
 */
export const merge = libraryFunction('merge', MERGE_CHECKS, mergeUnchecked);

/**
 * Returns tasks and groups of tasks, in order and without repetitions; `evaluate` takes them. Throws `UserError` for what is unknown, and for a task file that is broken.
 */
export const loadTasks = libraryFunction('loadTasks', TASK_CHECKS, loadTasksUnchecked);

/**
 * Opens a model, which can be asked many times and is to be closed in the end. Throws `UserError` when its name, its files or its options are not usable.
 */
export const openModel = libraryFunction('openModel', OPEN_MODEL_CHECKS, openModelUnchecked);

/**
 * Reads results files with their samples, in the order of their paths. Throws `UserError` when there is none, or one is broken.
 */
export const readResults = libraryFunction('readResults', READ_CHECKS, readResultsUnchecked);

/**
 * Compares two runs document by document, per benchmark and language. Throws `UserError` when a side cannot be read or the two share no benchmark.
 */
export const compare = libraryFunction('compare', COMPARE_CHECKS, compareUnchecked);

/**
 * Judges whether the candidate is worse than its base. Throws `UserError` for bad input, `CannotJudgeError` when a run that itself cannot be judged is to be blessed.
 */
export const gate = libraryFunction('gate', GATE_CHECKS, gateUnchecked);

/**
 * Builds a leaderboard. Throws `UserError` when there is nothing to show, or a column mixes different measurements (without `mixed`).
 */
export const leaderboard = libraryFunction('leaderboard', LEADERBOARD_CHECKS, leaderboardUnchecked);

/**
 * Writes results as Every Eval Ever, the hub and trackers read them; nothing is sent. Throws `UserError` when there are no results, or one is broken.
 */
export const publish = libraryFunction('publish', PUBLISH_CHECKS, publishUnchecked);

/**
 * Tests whether the published order of each task's documents is more likely to a model than shuffles of it. Throws `UserError` for what the caller can mend.
 */
export const contamination = libraryFunction('contamination', CONTAMINATION_CHECKS, contaminationUnchecked);

/**
 * Lets a model judge generated answers by a rubric. Throws `UserError` for what the caller can mend, `InterruptedError` when `signal` is aborted (answers so far are kept in `out`).
 */
export const judge = libraryFunction('judge', JUDGE_CHECKS, judgeUnchecked);

/**
 * Fits Bradley-Terry scores (mean 1000) with bootstrap intervals. Throws `UserError` when battles cannot be read, or the models have no common scale.
 */
export const fitArena = libraryFunction('fitArena', ARENA_CHECKS, fitArenaUnchecked);
