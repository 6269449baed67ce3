/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const granitemoeSwa: ConfigClass = {
  causal: 'GraniteMoeSWAForCausalLM',
  defaults: {
    attention_bias: false,
    attention_multiplier: 1.0,
    embedding_multiplier: 1.0,
    eos_token_id: 2,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 11008,
    layer_rope_theta: null,
    layer_types: null,
    logits_scaling: 1.0,
    max_position_embeddings: 2048,
    num_attention_heads: 32,
    num_experts_per_tok: 2,
    num_hidden_layers: 32,
    num_key_value_heads: null,
    num_local_experts: 8,
    output_router_logits: false,
    residual_multiplier: 1.0,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    router_aux_loss_coef: 0.001,
    shared_intermediate_size: 0,
    sliding_window: 128,
    tie_word_embeddings: false,
    vocab_size: 32000,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
};
