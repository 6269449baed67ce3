/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const cohere: ConfigClass = {
  causal: 'CohereForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 255001,
    hidden_act: 'silu',
    hidden_size: 8192,
    intermediate_size: 22528,
    layer_norm_eps: 1e-5,
    logit_scale: 0.0625,
    max_position_embeddings: 8192,
    num_attention_heads: 64,
    num_hidden_layers: 40,
    num_key_value_heads: null,
    rope_parameters: null,
    tie_word_embeddings: true,
    use_qk_norm: false,
    vocab_size: 256000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  theta: 500000.0,
};
