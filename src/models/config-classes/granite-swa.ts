/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const graniteSwa: ConfigClass = {
  causal: 'GraniteSWAForCausalLM',
  defaults: {
    attention_bias: false,
    attention_multiplier: 1.0,
    embedding_multiplier: 1.0,
    eos_token_id: 100257,
    hidden_act: 'silu',
    hidden_size: 2560,
    intermediate_size: 8192,
    layer_rope_theta: null,
    layer_types: null,
    logits_scaling: 1.0,
    max_position_embeddings: 8192,
    mlp_bias: false,
    num_attention_heads: 20,
    num_hidden_layers: 24,
    num_key_value_heads: 4,
    residual_multiplier: 1.0,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    sliding_window: 128,
    tie_word_embeddings: true,
    vocab_size: 100352,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
};
