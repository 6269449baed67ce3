/** Bradley-Terry strengths by maximum likelihood (Bradley & Terry 1952), ties counted as half a win to each side. */
import type { Pair } from './battles.js';
import { laplacianSolve } from './newton.js';

/** Points per factor of ten in strength, as in Elo's scale. */
const POINTS = 400 / Math.LN10;
const MEAN = 1000;
const TOLERANCE = 1e-12;
const MOST_STEPS = 200;
/** Up to so many models the system is solved directly: it takes the cube of their number in time and the square in memory. */
const MOST_DIRECT = 200;

/**
 * Returns the log-strengths that make the battles most probable, centred at a mean of 0. P(a beats b) = 1 / (1 + exp(beta_b - beta_a)). Newton's method with step
 * halving; the likelihood is concave, and has a maximum exactly when the models are connected (`components`), which the caller must have checked.
 * `start` may give log-strengths to begin with.
 */
export function fitStrengths(models: number, pairs: readonly Pair[], start?: Float64Array): Float64Array {
  let beta = start === undefined ? new Float64Array(models) : Float64Array.from(start);
  let likelihood = logLikelihood(beta, pairs);
  let before = Number.POSITIVE_INFINITY;
  for (let step = 0; step < MOST_STEPS; step++) {
    const direction = newtonStep(beta, pairs, models);
    let length = 1;
    let next = beta.map((b, i) => b + (direction[i] ?? 0));
    let better = logLikelihood(next, pairs);
    // Near the maximum the likelihood is flat to its last digits: there a full step is right even if rounding says it is worse.
    const rounding = 1e-13 * Math.abs(likelihood);
    while (better < likelihood - rounding && length > 1e-10) {
      length /= 2;
      const l = length;
      next = beta.map((b, i) => b + l * (direction[i] ?? 0));
      better = logLikelihood(next, pairs);
    }
    const moved = direction.reduce((most, d) => Math.max(most, Math.abs(d) * length), 0);
    [beta, likelihood] = [next, better];
    // Steps that no longer shrink are rounding.
    if (moved < TOLERANCE || (moved < 1e-6 && moved >= before)) break;
    before = moved;
  }
  const mean = beta.reduce((a, b) => a + b, 0) / models;
  return beta.map((b) => b - mean);
}

/**
 * Returns scores 1000 + 400 log10(strength), whose mean is 1000, from centred log-strengths.
 */
export function scoresOf(strengths: Float64Array): Float64Array {
  return strengths.map((b) => MEAN + POINTS * b);
}

function logLikelihood(beta: Float64Array, pairs: readonly Pair[]): number {
  let sum = 0;
  for (const { a, b, winsA, winsB, ties } of pairs) {
    const d = (beta[a] ?? 0) - (beta[b] ?? 0);
    sum -= (winsA + ties / 2) * softplus(-d) + (winsB + ties / 2) * softplus(d);
  }
  return sum;
}

function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** Minus the inverse Hessian of the log-likelihood times its gradient. The Hessian is a Laplacian of the pairs; its null space is the mean, which stays. */
function newtonStep(beta: Float64Array, pairs: readonly Pair[], n: number): Float64Array {
  const gradient = new Float64Array(n);
  const weights = new Float64Array(pairs.length);
  pairs.forEach(({ a, b, winsA, winsB, ties }, i) => {
    const total = winsA + winsB + ties;
    const p = 1 / (1 + Math.exp((beta[b] ?? 0) - (beta[a] ?? 0)));
    const surprise = winsA + ties / 2 - total * p;
    gradient[a] = (gradient[a] ?? 0) + surprise;
    gradient[b] = (gradient[b] ?? 0) - surprise;
    weights[i] = total * p * (1 - p);
  });
  if (n > MOST_DIRECT) return laplacianSolve(n, pairs, weights, gradient);
  // 1/n added everywhere fixes the mean without moving the solution.
  const hessian = new Float64Array(n * n).fill(1 / n);
  const add = (i: number, j: number, x: number) => {
    hessian[i * n + j] = (hessian[i * n + j] ?? 0) + x;
  };
  pairs.forEach(({ a, b }, i) => {
    const weight = weights[i] ?? 0;
    add(a, a, weight);
    add(b, b, weight);
    add(a, b, -weight);
    add(b, a, -weight);
  });
  return solve(hessian, gradient, n);
}

/** Solves a positive definite system by Cholesky's decomposition, in place. */
function solve(matrix: Float64Array, right: Float64Array, n: number): Float64Array {
  const at = (i: number, j: number) => matrix[i * n + j] ?? 0;
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = at(i, j);
      for (let k = 0; k < j; k++) sum -= at(i, k) * at(j, k);
      matrix[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / at(j, j);
    }
  }
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] = (x[i] ?? 0) - at(i, k) * (x[k] ?? 0);
    x[i] = (x[i] ?? 0) / at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] = (x[i] ?? 0) - at(k, i) * (x[k] ?? 0);
    x[i] = (x[i] ?? 0) / at(i, i);
  }
  return x;
}

/**
 * Returns the groups of models within which each can be compared with each: the strongly connected components of "won against, or tied with", largest
 * first. Scores exist exactly when there is one group (Ford 1957): a model that never lost has no finite score.
 */
export function components(models: number, pairs: readonly Pair[]): number[][] {
  const beats: number[][] = Array.from({ length: models }, () => []);
  for (const { a, b, winsA, winsB, ties } of pairs) {
    if (winsA + ties > 0) beats[a]?.push(b);
    if (winsB + ties > 0) beats[b]?.push(a);
  }
  return strongComponents(beats)
    .map((members) => members.sort((x, y) => x - y))
    .sort((x, y) => y.length - x.length || (x[0] ?? 0) - (y[0] ?? 0));
}

/** Tarjan's algorithm (1972) with a stack of its own: one visit of every edge, however long the chains are. */
function strongComponents(edges: readonly (readonly number[])[]): number[][] {
  const order = new Int32Array(edges.length).fill(-1);
  const lowest = new Int32Array(edges.length);
  const next = new Int32Array(edges.length);
  const waiting = new Uint8Array(edges.length);
  const groups: number[][] = [];
  const stack: number[] = [];
  let seen = 0;
  for (let root = 0; root < edges.length; root++) {
    if (order[root] !== -1) continue;
    const path = [root];
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      if (order[at] === -1) {
        order[at] = lowest[at] = seen++;
        waiting[at] = 1;
        stack.push(at);
      }
      const to = edges[at]?.[next[at] ?? 0];
      if (to !== undefined) {
        if (order[to] === -1) path.push(to);
        else {
          if (waiting[to] === 1) lowest[at] = Math.min(lowest[at] ?? 0, lowest[to] ?? 0);
          next[at] = (next[at] ?? 0) + 1;
        }
        continue;
      }
      path.pop();
      if (lowest[at] !== order[at]) continue;
      const members: number[] = [];
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        waiting[member] = 0;
        members.push(member);
        if (member === at) break;
      }
      groups.push(members);
    }
  }
  return groups;
}
