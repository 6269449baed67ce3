import { at } from '../../../at.js';
import { UserError } from '../../../errors.js';
import type { ModelConfig } from '../../../models/model-config.js';
import { normalQuantile } from '../../../statistics/normal.js';
import type { AttentionPart, Blueprint, DenseFeedForward, Linear } from '../blueprint.js';
import { decoder, headNorms, linear, plainFeedForward, rmsNorm, rotaryOf, sandwichNorms, windowOf } from './common.js';
import { keysSource, perLayerEmbedding, perLayerGate } from './gemma4.js';

/** Layers whose gates are sparse where the config lists none: the first ten of more. */
const SPARSE = { layers: 10, share: 0.95 };

/** A number for each layer, from a list or one for all. Throws `UserError` for a list of another length. */
function eachLayer(c: ModelConfig, name: string, listed: readonly number[] | null, fallback: (l: number) => number): readonly number[] {
  if (listed === null) return Array.from({ length: c.layers }, (_, l) => fallback(l));
  if (listed.length !== c.layers) throw new UserError(`${c.file}: ${name} has ${listed.length} entries for ${c.layers} layers`);
  return listed;
}

const slidesAt = (c: ModelConfig, l: number): boolean => c.slidingLayers?.[l] ?? (l + 1) % 5 !== 0;

function attention(c: ModelConfig, l: number, p: string): Partial<AttentionPart> {
  const slides = slidesAt(c, l);
  const source = keysSource(c, l, (layer) => slidesAt(c, layer));
  return {
    ...(source === null ? {} : { keysOf: source, projection: { kind: 'query', query: linear(`${p}self_attn.q_proj`, c.attentionBias) } }),
    norms: headNorms(c, p),
    valueNorm: rmsNorm(c, '', { weight: false }),
    rotary: rotaryOf(c, slides ? c.ropeLocal : c.rope),
    scale: 1,
    window: windowOf(c, l, slides),
  };
}

function feedForward(c: ModelConfig, p: string, size: number, sparsity: number): DenseFeedForward {
  if (!(sparsity >= 0 && sparsity < 1)) c.fields.refuse('activation_sparsity_pattern', 'a list of shares from 0 to below 1');
  // The file says the share that is cut off, of numbers that are taken for normally distributed.
  return { ...plainFeedForward(c, p), size, ...(sparsity === 0 ? {} : { threshold: normalQuantile(1 - sparsity) }) };
}

/** Gemma 3n: streams beside the one that the layers compute, sparse gates, a second way past the attention, an embedding for each layer, and layers that take the keys of earlier ones. */
export function gemma3n(c: ModelConfig): Blueprint {
  const sizes = eachLayer(c, 'intermediate_size', c.intermediateSizes, () => c.intermediateSize);
  const sparse = eachLayer(c, 'activation_sparsity_pattern', c.fields.numbers('activation_sparsity_pattern'), (l) =>
    c.layers > SPARSE.layers && l < SPARSE.layers ? SPARSE.share : 0,
  );
  const count = c.fields.number('altup_num_inputs');
  const active = c.fields.number('altup_active_idx');
  if (count < 2) c.fields.refuse('altup_num_inputs', 'a whole number from 2');
  if (!(active >= 0 && active < count)) c.fields.refuse('altup_active_idx', `a whole number from 0 to ${count - 1}`);
  const others = (name: string): Linear[] => Array.from({ length: count - 1 }, (_, k) => linear(`model.${name}.${k}`));
  return decoder(c, {
    attention: (l, p) => attention(c, l, p),
    feedForward: (l, p) => feedForward(c, p, at(sizes, l), at(sparse, l)),
    block: (_, p) => ({
      ...sandwichNorms(p, (name) => rmsNorm(c, name)),
      altUp: {
        norm: rmsNorm(c, `${p}altup.router_norm`),
        router: linear(`${p}altup.modality_router`),
        prediction: linear(`${p}altup.prediction_coefs`),
        correction: linear(`${p}altup.correction_coefs`),
        outputScale: c.fields.flag('altup_correct_scale', true) ? `${p}altup.correct_output_scale` : null,
      },
      laurel: {
        left: linear(`${p}laurel.linear_left`),
        right: linear(`${p}laurel.linear_right`),
        rank: c.fields.number('laurel_rank'),
        norm: rmsNorm(c, `${p}laurel.post_laurel_norm`),
      },
      perLayer: perLayerGate(c, p),
    }),
    embedding: { scale: Math.sqrt(c.hiddenSize), perLayer: perLayerEmbedding(c, c.fields.number('hidden_size_per_layer_input')) },
    streams: { count, active, open: others('altup_projections'), close: others('altup_unembed_projections') },
    output: { softcap: c.finalSoftcap },
  });
}
