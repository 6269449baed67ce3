/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const gptNeo: ConfigClass = {
  causal: 'GPTNeoForCausalLM',
  defaults: {
    activation_function: 'gelu_new',
    attention_types: null,
    classifier_dropout: 0.1,
    embed_dropout: 0.0,
    eos_token_id: 50256,
    hidden_size: 2048,
    intermediate_size: null,
    layer_norm_epsilon: 1e-5,
    max_position_embeddings: 2048,
    num_attention_heads: 16,
    num_hidden_layers: 24,
    resid_dropout: 0.0,
    tie_word_embeddings: true,
    vocab_size: 50257,
    window_size: 256,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    num_heads: 'num_attention_heads',
    num_layers: 'num_hidden_layers',
  },
};
