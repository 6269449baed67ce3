/** A step of Newton's method for many models: conjugate gradients on the sparse system, in memory of the size of the battles. */
import type { Pair } from './battles.js';

/** Relative size of the residual at which the step is exact enough; Newton's own iterations mend the rest. */
const ENOUGH = 1e-8;

/**
 * Returns x with L x = `right`, where L is the weighted Laplacian of the pairs (`weights[i]` between the models of pair i; one weight above 0 connects all
 * models) and both `right` and x sum to 0. Conjugate gradients with the diagonal as preconditioner (Saad 2003, algorithm 9.1).
 */
export function laplacianSolve(models: number, pairs: readonly Pair[], weights: Float64Array, right: Float64Array): Float64Array {
  const from = Int32Array.from(pairs, (p) => p.a);
  const to = Int32Array.from(pairs, (p) => p.b);
  const diagonal = new Float64Array(models);
  weights.forEach((w, i) => {
    diagonal[from[i] ?? 0] = (diagonal[from[i] ?? 0] ?? 0) + w;
    diagonal[to[i] ?? 0] = (diagonal[to[i] ?? 0] ?? 0) + w;
  });
  const times = (x: Float64Array, into: Float64Array): void => {
    into.fill(0);
    for (let i = 0; i < from.length; i++) {
      const [a, b] = [from[i] ?? 0, to[i] ?? 0];
      const flow = (weights[i] ?? 0) * ((x[a] ?? 0) - (x[b] ?? 0));
      into[a] = (into[a] ?? 0) + flow;
      into[b] = (into[b] ?? 0) - flow;
    }
  };
  const x = new Float64Array(models);
  // Rounding leaves a part without a solution: all of it is constant.
  const middle = right.reduce((a, b) => a + b, 0) / models;
  const residual = right.map((r) => r - middle);
  const scaled = residual.map((r, i) => r / Math.max(diagonal[i] ?? 0, 1e-300));
  const direction = Float64Array.from(scaled);
  const image = new Float64Array(models);
  let size = dot(residual, scaled);
  const small = ENOUGH ** 2 * size;
  for (let step = 0; step < 10 * models && size > small; step++) {
    times(direction, image);
    const curvature = dot(direction, image);
    if (!(curvature > 0)) break;
    const length = size / curvature;
    for (let i = 0; i < models; i++) {
      x[i] = (x[i] ?? 0) + length * (direction[i] ?? 0);
      residual[i] = (residual[i] ?? 0) - length * (image[i] ?? 0);
      scaled[i] = (residual[i] ?? 0) / Math.max(diagonal[i] ?? 0, 1e-300);
    }
    const next = dot(residual, scaled);
    const turn = next / size;
    size = next;
    for (let i = 0; i < models; i++) direction[i] = (scaled[i] ?? 0) + turn * (direction[i] ?? 0);
  }
  const mean = x.reduce((a, b) => a + b, 0) / models;
  return x.map((v) => v - mean);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
