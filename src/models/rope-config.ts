/** Reads the rotary position embeddings of a `config.json`, in the new (`rope_parameters`) and the old (`rope_theta` beside `rope_scaling`) spelling. */
import { z } from 'zod';
import { UserError } from '../errors.js';

/** Rotary position embedding of one kind of layer; `partial`: the part of a head that turns, where the file says one. */
export type Rope = { readonly theta: number; readonly partial?: number } & (
  | { readonly type: 'default' }
  /** Beyond the longest input the base grows; no input is longer. */
  | { readonly type: 'dynamic'; readonly factor: number }
  | { readonly type: 'linear'; readonly factor: number }
  | { readonly type: 'proportional'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPosition: number;
    }
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly attentionFactor: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      readonly originalMaxPosition: number;
      readonly truncate: boolean;
    }
  | {
      readonly type: 'longrope';
      readonly attentionFactor: number;
      readonly shortFactor: readonly number[];
      readonly longFactor: readonly number[];
      readonly originalMaxPosition: number;
    }
);

/** Validates `value`; throws `UserError` naming `where` and the field. */
export type Check = <T>(type: z.ZodType<T>, value: unknown, where: string) => T;

/** What of the file beside the entry counts. */
export interface RopeContext {
  readonly file: string;
  readonly check: Check;
  readonly maxPositions: number;
  /** Beside the entry; Phi-3 has it there, and there it counts more. */
  readonly originalMaxPositions: number | null;
  /** Beside the entry. */
  readonly partial: number | null;
}

const count = z.number().int().positive();
const entrySchema = z.looseObject({
  rope_theta: z.number().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  partial_rotary_factor: z.number().nullish(),
});
const factorSchema = z.looseObject({ factor: z.number().positive() });
const proportionalSchema = z.looseObject({ factor: z.number().positive().optional() });
const llama3Schema = z.looseObject({
  factor: z.number().positive(),
  low_freq_factor: z.number().positive(),
  high_freq_factor: z.number().positive(),
  original_max_position_embeddings: count.optional(),
});
const yarnSchema = z.looseObject({
  factor: z.number().positive().nullish(),
  attention_factor: z.number().nullish(),
  beta_fast: z.number().nullish(),
  beta_slow: z.number().nullish(),
  mscale: z.number().nullish(),
  mscale_all_dim: z.number().nullish(),
  truncate: z.boolean().optional(),
  original_max_position_embeddings: count.optional(),
});
const longropeSchema = z.looseObject({
  factor: z.number().positive().nullish(),
  attention_factor: z.number().nullish(),
  short_mscale: z.number().nullish(),
  short_factor: z.array(z.number()),
  long_factor: z.array(z.number()),
  original_max_position_embeddings: count.optional(),
});
const KINDS = ['default', 'linear', 'dynamic', 'yarn', 'longrope', 'llama3', 'proportional'] as const;

/** YaRN's factor on the logits for a context that is `scale` times as long (Peng et al. 2023, section 3.4). */
function yarnScale(scale: number, weight = 1): number {
  return scale <= 1 ? 1 : 0.1 * weight * Math.log(scale) + 1;
}

/**
 * Reads one entry; `theta` is the base where it names none. Throws `UserError` for a type that is not known and for what a type lacks.
 */
export function readRope(entry: unknown, theta: number, where: string, c: RopeContext): Rope {
  const { rope_theta, rope_type, type, partial_rotary_factor } = c.check(entrySchema, entry, where);
  const kind = rope_type ?? type ?? 'default';
  const base = rope_theta ?? theta;
  if (!(base > 0)) throw new UserError(`${c.file}: ${where}: rope_theta is ${base}; valid is a number above 0`);
  const part = partial_rotary_factor ?? c.partial;
  const common = { theta: base, ...(part === null ? {} : { partial: part }) };
  const original = (own: number | undefined): number => c.originalMaxPositions ?? own ?? c.maxPositions;
  if (kind === 'default') return { type: 'default', ...common };
  if (kind === 'linear' || kind === 'dynamic') return { type: kind, ...common, factor: c.check(factorSchema, entry, where).factor };
  if (kind === 'proportional') return { type: kind, ...common, factor: c.check(proportionalSchema, entry, where).factor ?? 1 };
  if (kind === 'llama3') {
    const s = c.check(llama3Schema, entry, where);
    return {
      type: 'llama3',
      ...common,
      factor: s.factor,
      lowFreqFactor: s.low_freq_factor,
      highFreqFactor: s.high_freq_factor,
      originalMaxPosition: original(s.original_max_position_embeddings),
    };
  }
  if (kind === 'yarn') {
    const s = c.check(yarnSchema, entry, where);
    const originalMaxPosition = original(s.original_max_position_embeddings);
    const factor = s.factor ?? c.maxPositions / originalMaxPosition;
    const both = s.mscale && s.mscale_all_dim ? yarnScale(factor, s.mscale) / yarnScale(factor, s.mscale_all_dim) : yarnScale(factor);
    return {
      type: 'yarn',
      ...common,
      factor,
      attentionFactor: s.attention_factor ?? both,
      betaFast: s.beta_fast || 32,
      betaSlow: s.beta_slow || 1,
      originalMaxPosition,
      truncate: s.truncate ?? true,
    };
  }
  if (kind === 'longrope') {
    const s = c.check(longropeSchema, entry, where);
    const originalMaxPosition = original(s.original_max_position_embeddings);
    const factor = s.factor ?? c.maxPositions / originalMaxPosition;
    const scale = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalMaxPosition));
    return {
      type: 'longrope',
      ...common,
      // Phi-3.5-MoE says it so.
      attentionFactor: s.short_mscale ?? s.attention_factor ?? scale,
      shortFactor: s.short_factor,
      longFactor: s.long_factor,
      originalMaxPosition,
    };
  }
  throw new UserError(`${c.file}: ${where}: rotary embedding of type "${kind}" is not supported; supported are ${KINDS.join(', ')}`);
}
