/** Llama, and what differs from it in a point or two. */
import type { ModelConfig } from '../../../models/model-config.js';
import type { Rope } from '../../../models/rope-config.js';
import type { Blueprint, Norm } from '../blueprint.js';
import { activationOf, decoder, headNorms, layerNorm, linear, rmsNorm, rotaryOf, ungatedFeedForward, windowOf } from './common.js';

/** Llama 2 and 3, SmolLM2, Latxa: the plain decoder. */
export function llama(c: ModelConfig): Blueprint {
  return decoder(c);
}

/** Apertus: norms on query and key, and a feed-forward part without a gate whose activation (xIELU) is learnt layer by layer. */
export function apertus(c: ModelConfig): Blueprint {
  return decoder(c, {
    attention: (_, p) => ({ norms: headNorms(c, p) }),
    feedForward: (_, p) =>
      ungatedFeedForward(c, p, { activation: c.activation === 'xielu' ? { kind: 'xielu', name: `${p}mlp.act_fn` } : activationOf(c) }),
    block: (_, p) => ({ before: rmsNorm(c, `${p}attention_layernorm`), feedForwardBefore: rmsNorm(c, `${p}feedforward_layernorm`) }),
  });
}

/** Arcee (AFM): a feed-forward part without a gate. */
export function arcee(c: ModelConfig): Blueprint {
  return decoder(c, { feedForward: (_, p) => ungatedFeedForward(c, p) });
}

/** The rotation of CWM where the file names none. */
const CWM_ROPE: Rope = { type: 'llama3', theta: 1_000_000, factor: 16, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPosition: 8192 };

/** CWM: windows on three of four layers. */
export function cwm(c: ModelConfig): Blueprint {
  const named = c.fields.has('rope_parameters') || c.fields.has('rope_scaling');
  return decoder(c, { attention: (l) => ({ rotary: rotaryOf(c, named ? c.rope : CWM_ROPE), window: windowOf(c, l, l % 4 !== 0) }) });
}

/** ERNIE 4.5 (dense): the rotation turns neighbours. */
export function ernie(c: ModelConfig): Blueprint {
  const bias = c.fields.flag('use_bias', false);
  const rotary = rotaryOf(c, c.rope, { interleaved: true });
  return decoder({ ...c, mlpBias: bias }, { bias, attention: () => ({ rotary }) });
}

/** Helium: the rotation turns neighbours; the output of attention never has a bias. */
export function helium(c: ModelConfig): Blueprint {
  const rotary = rotaryOf(c, c.rope, { interleaved: true });
  return decoder(c, { attention: (_, p) => ({ rotary, output: linear(`${p}self_attn.o_proj`) }) });
}

/** Hunyuan (dense): norms on query and key behind the rotation. */
export function hunyuan(c: ModelConfig): Blueprint {
  // What the files call dynamic is a larger base for texts of every length.
  const alpha = c.fields.inner(c.fields.has('rope_scaling') ? 'rope_scaling' : 'rope_parameters').numberOrNull('alpha');
  const stretched = c.rope.type === 'dynamic' && alpha ? c.rope.theta * alpha ** (c.headDim / (c.headDim - 2)) : c.rope.theta;
  const rotary = rotaryOf(c, { ...c.rope, theta: stretched });
  return decoder(c, {
    attention: (_, p) => ({ rotary, norms: headNorms(c, p, { names: ['query_layernorm', 'key_layernorm'], afterRotation: true }) }),
  });
}

/** NanoChat: norms without weights, on embeddings, queries and keys, too; a feed-forward part without a gate; the rotation turns the other way. */
export function nanochat(c: ModelConfig): Blueprint {
  const norm: Norm = rmsNorm(c, '', { weight: false });
  return decoder(c, {
    norm: () => norm,
    attention: () => ({
      norms: { query: norm, key: norm, over: 'head', afterRotation: true },
      rotary: { ...rotaryOf(c, c.rope), reversed: true },
    }),
    feedForward: (_, p) => ungatedFeedForward(c, p, { up: 'fc1', down: 'fc2' }),
    embedding: { norm },
    output: { softcap: c.finalSoftcap },
  });
}

/** Nemotron and Minitron: layer norms stored as weight - 1, a feed-forward part without a gate, and a part of each head turns. */
export function nemotron(c: ModelConfig): Blueprint {
  return decoder(c, {
    norm: (name) => layerNorm(c, name, { plusOne: true }),
    attention: () => ({ rotary: rotaryOf(c, c.rope, { partial: true }) }),
    feedForward: (_, p) => ungatedFeedForward(c, p),
  });
}

/** Jais 2: layer norms and a feed-forward part without a gate. */
export function jais2(c: ModelConfig): Blueprint {
  return decoder(c, { norm: (name) => layerNorm(c, name), feedForward: (_, p) => ungatedFeedForward(c, p) });
}

/** Seed-OSS: the output of attention has a bias of its own. */
export function seedOss(c: ModelConfig): Blueprint {
  const bias = c.fields.flag('attention_out_bias', false);
  return decoder(c, { attention: (_, p) => ({ output: linear(`${p}self_attn.o_proj`, bias) }) });
}

/** SmolLM3: layers that know no positions; where the config switches windows on, those slide. */
export function smollm3(c: ModelConfig): Blueprint {
  const interval = c.fields.number('no_rope_layer_interval', 4);
  const rotates = c.fields.numbers('no_rope_layers');
  return decoder(c, {
    attention(l) {
      const rotary = (rotates === null ? (l + 1) % interval !== 0 : rotates[l] !== 0) ? rotaryOf(c, c.rope) : null;
      return { rotary, window: c.useSlidingWindow ? windowOf(c, l, c.slidingWindow !== null && rotary === null) : null };
    },
  });
}

/** StableLM 2: layer norms, a part of each head turns; some put both parts side by side and norm each head of query and key. */
export function stablelm(c: ModelConfig): Blueprint {
  const parallel = c.fields.flag('use_parallel_residual', false);
  const normed = c.fields.flag('qk_layernorm', false);
  return decoder(c, {
    norm: (name) => layerNorm(c, name),
    bias: c.fields.flag('use_qkv_bias', false),
    attention: (_, p) => ({
      norms: normed
        ? headNorms(c, p, {
            norm: (name) => layerNorm(c, name, { bias: false }),
            names: ['q_layernorm.norms', 'k_layernorm.norms'],
            over: 'each head apart',
          })
        : null,
      rotary: rotaryOf(c, c.rope, { partial: true }),
      output: linear(`${p}self_attn.o_proj`),
    }),
    block: () => (parallel ? { feedForwardBefore: null, parallel } : {}),
  });
}

/** StarCoder 2: layer norms, biases, a window, and a feed-forward part without a gate. */
export function starcoder2(c: ModelConfig): Blueprint {
  const bias = c.fields.flag('use_bias', true);
  return decoder(c, {
    norm: (name) => layerNorm(c, name),
    bias,
    attention: (l) => ({ window: windowOf(c, l) }),
    feedForward: (_, p) => ungatedFeedForward(c, p, { bias, up: 'c_fc', down: 'c_proj' }),
  });
}
