/** A fit as `arena fit --json` prints it. */
import { z } from 'zod';
import { QUESTIONS } from './battles.js';

const MODEL = z
  .object({
    model: z.string().min(1),
    score: z.number(),
    /** Bounds of the bootstrap interval. */
    low: z.number(),
    high: z.number(),
    battles: z.number(),
    /** Wins and half the ties, as a share of its battles. */
    win_share: z.number(),
    /** From 1. */
    rank: z.number(),
    /** Best and worst rank that the intervals leave open. */
    rank_low: z.number(),
    rank_high: z.number(),
  })
  .readonly();
/** One model of a fit. */
export type ArenaModel = z.infer<typeof MODEL>;

export const FIT = z
  .object({
    question: z.enum(QUESTIONS),
    /** Best first. */
    models: z.array(MODEL).min(1).readonly(),
    battles: z.number(),
    /** Battles without a vote on the question. */
    skipped: z.number(),
    rounds: z.number(),
    seed: z.number(),
    level: z.number(),
    /** `share[i][j]`: wins and half the ties of model i against model j, null where they never met; in the order of `models`. Empty for more than 500 models. */
    win_shares: z
      .object({
        models: z.array(z.string()).readonly(),
        share: z.array(z.array(z.number().nullable()).readonly()).readonly(),
        battles: z.array(z.array(z.number()).readonly()).readonly(),
      })
      .readonly(),
    /** Models that cannot be compared with the others and were left out on request. */
    left_out: z.array(z.string()).readonly(),
    /** Resamples that were drawn again because they fell apart into groups without a common scale. */
    redrawn: z.number(),
  })
  .readonly();
/** What `arena fit --json` prints. */
export type ArenaFit = z.infer<typeof FIT>;
