/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const mixtral: ConfigClass = {
  causal: 'MixtralForCausalLM',
  defaults: {
    eos_token_id: 2,
    head_dim: null,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 14336,
    max_position_embeddings: 131072,
    num_attention_heads: 32,
    num_experts_per_tok: 2,
    num_hidden_layers: 32,
    num_key_value_heads: 8,
    num_local_experts: 8,
    output_router_logits: false,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    router_aux_loss_coef: 0.001,
    router_jitter_noise: 0.0,
    sliding_window: null,
    tie_word_embeddings: false,
    vocab_size: 32000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    num_experts: 'num_local_experts',
  },
  theta: 1000000.0,
};
