import type { ModelConfig } from '../../../models/model-config.js';
import type { Blueprint } from '../blueprint.js';
import { decoder, fusedFeedForward, headNorms, layerNorm, linear, rotaryOf, ungatedFeedForward, windowOf } from './common.js';
import { expertParts, experts } from './experts.js';

/** Phi-1 and 2: attention and feed-forward side by side behind one layer norm, everything with biases, a part of each head turns. */
export function phi(c: ModelConfig): Blueprint {
  const normed = c.fields.flag('qk_layernorm', false);
  return decoder(c, {
    norm: (name) => layerNorm(c, name),
    bias: true,
    attention: (_, p) => ({
      norms: normed ? headNorms(c, p, { norm: (name) => layerNorm(c, name), names: ['q_layernorm', 'k_layernorm'] }) : null,
      rotary: rotaryOf(c, c.rope, { partial: true }),
      output: linear(`${p}self_attn.dense`, true),
    }),
    feedForward: (_, p) => ungatedFeedForward(c, p, { bias: true, up: 'fc1', down: 'fc2' }),
    block: () => ({ feedForwardBefore: null, parallel: true }),
    finalNorm: layerNorm(c, 'model.final_layernorm'),
    output: { bias: true },
  });
}

/** Phi-3 and 4: Llama with query, key and value in one matrix, gate and feed-forward in another. */
export function phi3(c: ModelConfig): Blueprint {
  return decoder(c, {
    attention: (l, p) => ({
      projection: { kind: 'fused', linear: linear(`${p}self_attn.qkv_proj`), groups: 1 },
      rotary: rotaryOf(c, c.rope, { partial: true }),
      window: windowOf(c, l),
    }),
    feedForward: (_, p) => fusedFeedForward(c, p),
  });
}

/** Phi-3.5-MoE: layer norms, and experts that are chosen one after the other. */
export function phimoe(c: ModelConfig): Blueprint {
  return decoder(c, {
    norm: (name) => layerNorm(c, name),
    attention: (l) => ({ window: windowOf(c, l) }),
    feedForward: (_, p) =>
      experts(c, p, c.intermediateSize, {
        router: linear(`${p}block_sparse_moe.gate`),
        experts: expertParts(c, c.intermediateSize, `${p}block_sparse_moe.`, ['w1', 'w3', 'w2']),
        scores: { kind: 'one after the other', jitter: c.fields.number('router_jitter_noise', 0.01) },
        normalised: null,
      }),
    output: { bias: c.fields.flag('lm_head_bias', false) },
  });
}
