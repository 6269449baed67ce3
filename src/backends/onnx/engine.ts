/** The two ways in which documents are batched: on a stack of keys and values that stays where the session is, or in packed runs that hold whole texts. */
import type { Answer } from '../../types.js';
import type { Computing, Waiting } from './computing.js';
import { type GenerateLimits, generateAll } from './generate.js';
import { generatePacked, type PackedGenerateLimits } from './generate-packed.js';
import type { StopRules } from './greedy.js';
import type { RunLimits } from './packed-plan.js';
import { newScorer, type Scorer } from './score.js';
import { newPackedScorer } from './score-packed.js';
import type { PackedSession, StackSession } from './session.js';
import type { WindowLimits } from './window.js';

export interface Engine {
  readonly scorer: Scorer;
  /** Generates until nothing waits and all are done; yields answers as they are finished. */
  generate(waiting: Waiting): AsyncGenerator<Answer>;
  /** How far requests are pulled ahead. */
  readonly window: WindowLimits;
  /** Batches given to the session before the first is answered, where so many documents wait. */
  batchesAhead(documents: number): number;
  /** Whether tokens can be drawn: the graph of a packed run takes the likeliest ones by itself. */
  readonly draws: boolean;
  /** How much is computed at once, for the report. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** How runs of a graph without a cache are planned. */
export interface PackedLimits {
  readonly score: RunLimits;
  readonly generate: PackedGenerateLimits;
}

const STACK_WINDOW: WindowLimits = { documents: 256, tokens: 400_000, startDocuments: 24, startTokens: 8_000 };
/** For packed runs, which are long: the more documents a run holds, the less its prefix weighs. */
const PACKED_WINDOW: WindowLimits = { documents: 1024, tokens: 1_600_000, startDocuments: 64, startTokens: 64_000 };
/** So that the session never waits for the plan of the next batch. */
const BATCHES_AHEAD = 2;
/**
 * Packed runs take long, and while one is computed the window fills: what is planned when it ends is larger than what could be planned before. Only where so many documents wait that
 * a run is full anyway, the next is planned meanwhile.
 */
const PACKED_FULL = 512;

/** Returns the engine of a graph whose keys and values stay. */
export function stackEngine(computing: Computing<StackSession>, rules: StopRules, limits: GenerateLimits): Engine {
  return {
    scorer: newScorer(computing, limits),
    generate: (waiting) => generateAll(computing, rules, limits, waiting),
    draws: true,
    window: STACK_WINDOW,
    batchesAhead: () => BATCHES_AHEAD,
    sizes: { runTokens: limits.runTokens, generatedAtOnce: limits.documents },
  };
}

/** Returns the engine of a graph that keeps nothing between runs. */
export function packedEngine(computing: Computing<PackedSession>, rules: StopRules, { score, generate }: PackedLimits): Engine {
  return {
    scorer: newPackedScorer(computing, score),
    generate: (waiting) => generatePacked(computing, rules, generate, waiting),
    draws: false,
    window: PACKED_WINDOW,
    batchesAhead: (documents) => (documents < PACKED_FULL ? 1 : BATCHES_AHEAD),
    sizes: { runTokens: score.rows, generatedAtOnce: generate.documents, runBytes: Math.floor(score.bytes) },
  };
}
