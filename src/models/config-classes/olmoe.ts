/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const olmoe: ConfigClass = {
  causal: 'OlmoeForCausalLM',
  defaults: {
    attention_bias: false,
    clip_qkv: null,
    eos_token_id: 50279,
    hidden_act: 'silu',
    hidden_size: 2048,
    intermediate_size: 2048,
    max_position_embeddings: 4096,
    norm_topk_prob: false,
    num_attention_heads: 16,
    num_experts: 64,
    num_experts_per_tok: 8,
    num_hidden_layers: 16,
    num_key_value_heads: null,
    output_router_logits: false,
    rms_norm_eps: 1e-5,
    rope_parameters: null,
    router_aux_loss_coef: 0.01,
    tie_word_embeddings: false,
    vocab_size: 50304,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  names: {
    num_local_experts: 'num_experts',
  },
};
