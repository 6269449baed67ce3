/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const flexOlmo: ConfigClass = {
  causal: 'FlexOlmoForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 100257,
    hidden_act: 'silu',
    hidden_size: 4096,
    intermediate_size: 11008,
    max_position_embeddings: 4096,
    norm_topk_prob: false,
    num_attention_heads: 32,
    num_experts: 7,
    num_experts_per_tok: 5,
    num_hidden_layers: 32,
    num_key_value_heads: null,
    output_router_logits: false,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    router_aux_loss_coef: 0.01,
    tie_word_embeddings: false,
    vocab_size: 100352,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
  names: {
    num_local_experts: 'num_experts',
  },
  theta: 500000.0,
};
