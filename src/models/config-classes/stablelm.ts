/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const stablelm: ConfigClass = {
  causal: 'StableLmForCausalLM',
  defaults: {
    eos_token_id: 0,
    hidden_act: 'silu',
    hidden_dropout: 0.0,
    hidden_size: 2560,
    intermediate_size: 6912,
    layer_norm_eps: 1e-5,
    max_position_embeddings: 4096,
    num_attention_heads: 32,
    num_hidden_layers: 32,
    num_key_value_heads: 32,
    qk_layernorm: false,
    rope_parameters: null,
    tie_word_embeddings: false,
    use_parallel_residual: false,
    use_qkv_bias: false,
    vocab_size: 50304,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
};
