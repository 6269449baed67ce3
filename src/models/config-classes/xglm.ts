/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const xglm: ConfigClass = {
  causal: 'XGLMForCausalLM',
  defaults: {
    activation_dropout: 0.0,
    activation_function: 'gelu',
    add_cross_attention: false,
    num_attention_heads: 16,
    hidden_size: 1024,
    decoder_start_token_id: 2,
    dropout: 0.1,
    eos_token_id: 2,
    ffn_dim: 4096,
    init_std: 0.02,
    layerdrop: 0.0,
    max_position_embeddings: 2048,
    num_hidden_layers: 24,
    scale_embedding: true,
    tie_word_embeddings: true,
    vocab_size: 256008,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    attention_heads: 'num_attention_heads',
    d_model: 'hidden_size',
    num_layers: 'num_hidden_layers',
  },
};
