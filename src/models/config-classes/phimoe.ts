/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const phimoe: ConfigClass = {
  causal: 'PhimoeForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 2,
    hidden_act: 'silu',
    hidden_size: 4096,
    input_jitter_noise: 0.0,
    intermediate_size: 6400,
    lm_head_bias: false,
    max_position_embeddings: 131072,
    num_attention_heads: 32,
    num_experts_per_tok: 2,
    num_hidden_layers: 32,
    num_key_value_heads: 8,
    num_local_experts: 16,
    output_router_logits: false,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    router_aux_loss_coef: 0.001,
    router_jitter_noise: 0.01,
    sliding_window: null,
    tie_word_embeddings: false,
    vocab_size: 32064,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  theta: 1000000.0,
};
