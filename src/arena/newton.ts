/** A step of Newton's method: conjugate gradients on the sparse system, in time and memory of the size of the battles. */

/** A model in the system. What the solver keeps of it stands here, so that no vector has to be indexed. */
export class Rated {
  /** Minus the inverse Hessian times the gradient: what `solveSteps` finds. */
  step = 0;
  /** Right side of the system; the gradient before the first step of the solver. */
  residual = 0;
  /** Entry of the Hessian's diagonal. */
  diagonal = 0;
  scaled = 0;
  direction = 0;
  /** The Hessian times `direction`. */
  image = 0;
  constructor(
    /** Log-strength. */
    public strength: number,
  ) {}
}

/** All battles of two models: `won` by the first, ties counted half, of `total`. */
export interface Meeting {
  readonly a: Rated;
  readonly b: Rated;
  readonly won: number;
  readonly total: number;
  /** Entry of the Hessian between the two. */
  weight: number;
}

/** Relative size of the residual at which the step is exact enough; Newton's own iterations mend the rest. */
const ENOUGH = 1e-8;

/**
 * Sets the `step` of all models: L step = residual, where L is the Laplacian of the meetings by `weight`, `diagonal` its diagonal, and steps sum to 0. The meetings must connect
 * all models. Conjugate gradients with the diagonal as preconditioner (Saad 2003, algorithm 9.1).
 */
export function solveSteps(models: readonly Rated[], meetings: readonly Meeting[]): void {
  // Rounding leaves a part without a solution: all of it is constant.
  const middle = meanOf(models, (m) => m.residual);
  let size = 0;
  for (const m of models) {
    m.step = 0;
    m.residual -= middle;
    m.direction = m.scaled = m.residual / Math.max(m.diagonal, 1e-300);
    size += m.residual * m.scaled;
  }
  const small = ENOUGH ** 2 * size;
  for (let round = 0; round < 10 * models.length && size > small; round++) {
    for (const m of models) m.image = 0;
    for (const { a, b, weight } of meetings) {
      const flow = weight * (a.direction - b.direction);
      a.image += flow;
      b.image -= flow;
    }
    let curvature = 0;
    for (const m of models) curvature += m.direction * m.image;
    if (!(curvature > 0)) break;
    const length = size / curvature;
    let next = 0;
    for (const m of models) {
      m.step += length * m.direction;
      m.residual -= length * m.image;
      m.scaled = m.residual / Math.max(m.diagonal, 1e-300);
      next += m.residual * m.scaled;
    }
    const turn = next / size;
    size = next;
    for (const m of models) m.direction = m.scaled + turn * m.direction;
  }
  const mean = meanOf(models, (m) => m.step);
  for (const m of models) m.step -= mean;
}

/** Returns the mean of a number over models. */
export function meanOf(models: readonly Rated[], of: (model: Rated) => number): number {
  return models.reduce((sum, model) => sum + of(model), 0) / models.length;
}
