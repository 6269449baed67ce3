/** Written by test/fixtures/model-configs/make_classes.py from transformers 5.23.0; not to be edited. */
import type { ConfigClass } from '../config-class.js';

export const mpt: ConfigClass = {
  causal: 'MptForCausalLM',
  defaults: {
    attn_config: null,
    hidden_size: 2048,
    emb_pdrop: 0.0,
    embedding_fraction: 1.0,
    eos_token_id: null,
    expansion_ratio: 4,
    layer_norm_epsilon: 1e-5,
    learned_pos_emb: true,
    logit_scale: null,
    max_seq_len: 2048,
    num_attention_heads: 16,
    num_hidden_layers: 24,
    no_bias: true,
    norm_type: 'low_precision_layernorm',
    resid_pdrop: 0.0,
    tie_word_embeddings: true,
    vocab_size: 50368,
  },
  older: ['rope_theta', 'rope_scaling', 'partial_rotary_factor'],
  names: {
    n_heads: 'num_attention_heads',
    d_model: 'hidden_size',
    n_layers: 'num_hidden_layers',
  },
};
