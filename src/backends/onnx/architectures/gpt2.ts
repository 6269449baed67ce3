import type { ModelConfig } from '../../../models/model-config.js';
import type { AttentionPart, Blueprint, Linear } from '../blueprint.js';
import { classicAttention, classicBlock } from './classic.js';
import { decoder, layerNorm, linear, plainAttention } from './common.js';

const prefix = 'transformer.';

/** What the GPT-2 family shares: names, positions that are learnt, the width of the feed-forward part. */
function whole(c: ModelConfig, mixer: (l: number, p: string) => AttentionPart, transposed: boolean): Blueprint {
  const size = c.fields.numberOrNull('n_inner') ?? c.fields.numberOrNull('intermediate_size') ?? 4 * c.hiddenSize;
  return decoder(c, {
    prefix,
    layers: `${prefix}h.`,
    block: (l, p) =>
      classicBlock(c, p, {
        norms: ['ln_1', 'ln_2'],
        mixer: mixer(l, p),
        feedForward: ['mlp.c_fc', 'mlp.c_proj'],
        size,
        transposed,
      }),
    embedding: { table: `${prefix}wte`, positions: { kind: 'learned', table: `${prefix}wpe`, offset: 0, rows: c.maxLength } },
    finalNorm: layerNorm(c, `${prefix}ln_f`),
  });
}

/** GPT-2: matrices lie transposed in the files. */
export function gpt2(c: ModelConfig): Blueprint {
  const stored = (name: string): Linear => ({ ...linear(name, true), transposed: true });
  const scale = c.fields.flag('scale_attn_weights', true) ? 1 / Math.sqrt(c.headDim) : 1;
  const byLayer = c.fields.flag('scale_attn_by_inverse_layer_idx', false);
  return whole(
    c,
    (l, p) =>
      plainAttention(c, p, {
        projection: { kind: 'fused', linear: stored(`${p}attn.c_attn`), groups: 1 },
        output: stored(`${p}attn.c_proj`),
        rotary: null,
        scale: byLayer ? scale / (l + 1) : scale,
      }),
    true,
  );
}

/** GPT-BigCode (StarCoder, SantaCoder): all heads share one key and value, or query, key and value of each head lie together. */
export function gptBigcode(c: ModelConfig): Blueprint {
  const shared = c.fields.flag('multi_query', true);
  return whole(
    c,
    (_, p) =>
      plainAttention(c, p, {
        kvHeads: shared ? 1 : c.heads,
        projection: { kind: 'fused', linear: linear(`${p}attn.c_attn`, true), groups: shared ? 1 : c.heads },
        output: linear(`${p}attn.c_proj`, true),
        rotary: null,
        scale: c.fields.flag('scale_attn_weights', true) ? 1 / Math.sqrt(c.headDim) : 1,
      }),
    false,
  );
}

/** Which layers of GPT-Neo look only near: `attention_layers`, or `attention_types` as [[kinds, times], ...]. */
function nearLayers(c: ModelConfig): readonly unknown[] {
  const types = c.fields.raw('attention_types');
  const layers = c.fields.raw('attention_layers');
  if (Array.isArray(types))
    return types.flatMap((entry): unknown[] => {
      const [kinds, times]: unknown[] = Array.isArray(entry) ? entry : [];
      if (!Array.isArray(kinds) || typeof times !== 'number') return c.fields.refuse('attention_types', 'a list of [[kinds], times]');
      return Array.from({ length: times }, (): unknown[] => kinds).flat();
    });
  // The default of the class.
  return Array.isArray(layers) ? layers : Array.from({ length: c.layers }, (_, l) => (l % 2 === 0 ? 'global' : 'local'));
}

/** GPT-Neo: scores of attention are not scaled, and some layers look only near. */
export function gptNeo(c: ModelConfig): Blueprint {
  const kinds = nearLayers(c);
  return whole(
    c,
    (l, p) =>
      classicAttention(c, `${p}attn.attention.`, ['q_proj', 'k_proj', 'v_proj', 'out_proj'], [false, true], {
        scale: 1,
        window: kinds[l] === 'local' ? c.fields.number('window_size', 256) : null,
      }),
    false,
  );
}
