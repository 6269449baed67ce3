/** Bradley-Terry strengths by maximum likelihood (Bradley & Terry 1952), ties counted as half a win to each side. */
import { at } from '../at.js';
import type { Pair } from './battles.js';
import { type Meeting, meanOf, Rated, solveSteps } from './newton.js';

/** Points per factor of ten in strength, as in Elo's scale. */
const POINTS = 400 / Math.LN10;
const MEAN = 1000;
const TOLERANCE = 1e-12;
const MOST_STEPS = 200;

/**
 * Returns the log-strengths that make the battles most probable, centred at a mean of 0. P(a beats b) = 1 / (1 + exp(beta_b - beta_a)). Newton's method with step
 * halving; the likelihood is concave, and has a maximum exactly when the models are connected (`components`), which the caller must have checked.
 * `start` may give log-strengths to begin with.
 */
export function fitStrengths(models: number, pairs: readonly Pair[], start: Iterable<number> = new Float64Array(models)): Float64Array {
  const rated = Array.from(start, (strength) => new Rated(strength));
  const meetings = pairs.map(({ a, b, winsA, winsB, ties }): Meeting => {
    return { a: at(rated, a), b: at(rated, b), won: winsA + ties / 2, total: winsA + winsB + ties, weight: 0 };
  });
  let likelihood = logLikelihood(meetings, 0);
  let before = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MOST_STEPS; round++) {
    newtonStep(rated, meetings);
    let length = 1;
    let better = logLikelihood(meetings, length);
    // Near the maximum the likelihood is flat to its last digits: there a full step is right even if rounding says it is worse.
    const rounding = 1e-13 * Math.abs(likelihood);
    while (better < likelihood - rounding && length > 1e-10) {
      length /= 2;
      better = logLikelihood(meetings, length);
    }
    let moved = 0;
    for (const model of rated) {
      model.strength += length * model.step;
      moved = Math.max(moved, Math.abs(length * model.step));
    }
    likelihood = better;
    // Steps that no longer shrink are rounding.
    if (moved < TOLERANCE || (moved < 1e-6 && moved >= before)) break;
    before = moved;
  }
  const mean = meanOf(rated, (model) => model.strength);
  return Float64Array.from(rated, (model) => model.strength - mean);
}

/**
 * Returns scores 1000 + 400 log10(strength), whose mean is 1000, from centred log-strengths.
 */
export function scoresOf(strengths: Float64Array): Float64Array {
  return strengths.map((b) => MEAN + POINTS * b);
}

/** The log-likelihood of the strengths after `length` of their steps. */
function logLikelihood(meetings: readonly Meeting[], length: number): number {
  let sum = 0;
  for (const { a, b, won, total } of meetings) {
    const d = a.strength + length * a.step - (b.strength + length * b.step);
    sum -= won * softplus(-d) + (total - won) * softplus(d);
  }
  return sum;
}

function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** Sets the steps to minus the inverse Hessian of the log-likelihood times its gradient. The Hessian is a Laplacian of the meetings; its null space is the mean, which stays. */
function newtonStep(models: readonly Rated[], meetings: readonly Meeting[]): void {
  for (const model of models) model.residual = model.diagonal = 0;
  for (const meeting of meetings) {
    const { a, b, won, total } = meeting;
    const p = 1 / (1 + Math.exp(b.strength - a.strength));
    const surprise = won - total * p;
    meeting.weight = total * p * (1 - p);
    a.residual += surprise;
    b.residual -= surprise;
    a.diagonal += meeting.weight;
    b.diagonal += meeting.weight;
  }
  solveSteps(models, meetings);
}
