/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const nanochat: ConfigClass = {
  causal: 'NanoChatForCausalLM',
  defaults: {
    attention_bias: false,
    eos_token_id: 1,
    final_logit_softcapping: 15.0,
    hidden_act: 'relu2',
    hidden_size: 768,
    intermediate_size: 8192,
    max_position_embeddings: 2048,
    num_attention_heads: 6,
    num_hidden_layers: 12,
    num_key_value_heads: null,
    rms_norm_eps: 1e-6,
    rope_parameters: null,
    tie_word_embeddings: false,
    vocab_size: 50304,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor', 'head_dim'],
};
