/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gptOss: ConfigClass = {
  causal: 'GptOssForCausalLM',
  defaults: {
    attention_bias: true,
    eos_token_id: null,
    head_dim: 64,
    hidden_act: 'silu',
    hidden_size: 2880,
    intermediate_size: 2880,
    layer_types: null,
    max_position_embeddings: 131072,
    num_attention_heads: 64,
    num_experts_per_tok: 4,
    num_hidden_layers: 36,
    num_key_value_heads: 8,
    num_local_experts: 128,
    output_router_logits: false,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    router_aux_loss_coef: 0.001,
    sliding_window: 128,
    swiglu_alpha: 1.702,
    swiglu_limit: 7.0,
    tie_word_embeddings: false,
    vocab_size: 201088,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    num_experts: 'num_local_experts',
  },
  theta: 150000.0,
};
