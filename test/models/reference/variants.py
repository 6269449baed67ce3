"""The tiny models of make_models.py: at least two of each model type, of unlike sizes, with the options on that a usual model leaves off.

`type`: model type; `config`: settings of its configuration class; `auto`: class where it is not AutoModelForCausalLM; `written`: fields of
config.json as other releases and hub pages write them (None deletes one; a dot leads into an inner object); `fills`: scale and offset of the
tensors that an expression names; `norm_minus_one`: norm weights are stored as weight - 1; `attention`: its implementation, where eager adds ALiBi twice (Falcon); `transposed`: matrices stored as [inputs, outputs];
`renamed`: expression and replacement for tensor names that hub pages spell in another way than the class does.
"""

A = dict(vocab_size=1200, hidden_size=48, intermediate_size=80, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512)
B = dict(vocab_size=1211, hidden_size=40, intermediate_size=56, num_hidden_layers=4, num_attention_heads=5, num_key_value_heads=1, max_position_embeddings=640)
BIG_HEAD = dict(A, head_dim=20)
SLIDE = ["sliding_attention", "full_attention", "sliding_attention"]
SLIDE4 = ["sliding_attention", "sliding_attention", "sliding_attention", "full_attention"]


def theta(base=10000.0, **more):
    return {"rope_parameters": {"rope_type": "default", "rope_theta": base, **more}}


YARN = {"rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 64}}
YARN_ODD = {"rope_parameters": {"rope_type": "yarn", "rope_theta": 50000.0, "factor": 8.0, "original_max_position_embeddings": 32, "beta_fast": 4.0, "beta_slow": 2.0, "attention_factor": 1.2, "truncate": False}}
YARN_MSCALE = {"rope_parameters": {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 16.0, "original_max_position_embeddings": 32, "mscale": 1.0, "mscale_all_dim": 0.7}}
LLAMA3 = {"rope_parameters": {"rope_type": "llama3", "rope_theta": 5000.0, "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 2.0, "original_max_position_embeddings": 64}}
DYNAMIC = {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0}}


def longrope(half, **more):
    return {"rope_parameters": {"rope_type": "longrope", "rope_theta": 10000.0, "original_max_position_embeddings": 64, "short_factor": [1 + 0.05 * i for i in range(half)], "long_factor": [1.5 + 0.8 * i for i in range(half)], **more}, "original_max_position_embeddings": 64}


def dense(kind, *, first=None, second=None, both=None, of=None, **more):
    """Two variants of a type whose configuration has Llama's names."""
    return {
        f"{kind}-a": dict(type=of or kind, config=A | (both or {}) | (first or {}), **more),
        f"{kind}-b": dict(type=of or kind, config=B | (both or {}) | (second or {}), **more),
    }


GPT2 = dict(transposed=r"c_attn|c_proj|c_fc")
SMALL = dict(fills={r"embed_tokens\.weight|embeddings?\.weight": (0.125, 0)})
MINUS = dict(norm_minus_one=True)
# Gemma's embedding is large and also the output layer: layers must weigh enough for texts that do not repeat themselves.
SANDWICH = dict(norm_minus_one=True, fills={r"post_(attention|feedforward)_layernorm": (0.25, 2)})

VARIANTS = {
    # Llama and what differs from it by a switch.
    **dense("llama", first=dict(YARN, tie_word_embeddings=True), second=dict(YARN_ODD, attention_bias=True, mlp_bias=True, head_dim=12)),
    "llama-dynamic": dict(type="llama", config=BIG_HEAD | DYNAMIC),
    "llama-yarn-mscale": dict(type="llama", config=A | YARN_MSCALE | dict(hidden_act="gelu_new")),
    "llama-longrope": dict(type="llama", config=A | longrope(6, factor=8.0)),
    "llama-llama3": dict(type="llama", config=A | LLAMA3 | dict(head_dim=24)),
    "llama-yarn-old": dict(type="llama", config=A, written={"rope_parameters": None, "rope_theta": 20000.0, "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}}),
    **dense("mistral", first=dict(sliding_window=11), second=dict(sliding_window=None, head_dim=12, tie_word_embeddings=True)),
    **dense("ministral", first=dict(head_dim=20, sliding_window=13, layer_types=SLIDE), second=dict(sliding_window=21, layer_types=SLIDE4, head_dim=12)),
    **dense("ministral3", first=dict(head_dim=20, rope_parameters={**YARN["rope_parameters"], "llama_4_scaling_beta": 0.1, "mscale": 1.0, "mscale_all_dim": 1.0}), second=dict(head_dim=12, sliding_window=17, tie_word_embeddings=True, rope_parameters={**YARN_ODD["rope_parameters"], "llama_4_scaling_beta": 0.3})),
    **dense("qwen2", first=dict(use_sliding_window=True, sliding_window=15, max_window_layers=1), second=dict(YARN, tie_word_embeddings=True)),
    **dense("qwen3", first=dict(head_dim=20, attention_bias=True), second=dict(YARN, head_dim=12, tie_word_embeddings=True)),
    **dense("gemma", first=dict(head_dim=20, attention_bias=True), second=dict(head_dim=12, hidden_act="gelu"), **SMALL, **MINUS),
    **dense("gemma2", first=dict(head_dim=20, query_pre_attn_scalar=37, sliding_window=14), second=dict(head_dim=12, query_pre_attn_scalar=12, sliding_window=30, attn_logit_softcapping=3.0, final_logit_softcapping=5.0), **SANDWICH),
    **dense("gemma3_text", first=dict(head_dim=20, query_pre_attn_scalar=23, sliding_window=14, layer_types=SLIDE), second=dict(head_dim=12, query_pre_attn_scalar=12, sliding_window=30, layer_types=SLIDE4, rope_parameters={"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}}), **SANDWICH),
    **dense("vaultgemma", first=dict(head_dim=20, query_pre_attn_scalar=23, sliding_window=14), second=dict(head_dim=12, query_pre_attn_scalar=12, sliding_window=30, attn_logit_softcapping=4.0, final_logit_softcapping=None), **SMALL, **MINUS),
    **dense("smollm3", first=dict(no_rope_layers=[1, 0, 1]), second=dict(no_rope_layer_interval=2, tie_word_embeddings=False, attention_bias=True, mlp_bias=True, use_sliding_window=True, sliding_window=19)),
    **dense("granite", first=dict(embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.4, attention_multiplier=0.2), second=dict(embedding_multiplier=12, logits_scaling=0.5, residual_multiplier=0.22, attention_multiplier=0.5, attention_bias=True, mlp_bias=True, tie_word_embeddings=True), **SMALL),
    **dense("granite_swa", first=dict(embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.4, attention_multiplier=0.2, sliding_window=14, layer_types=SLIDE, layer_rope_theta=[10000.0, 0, 500000.0]), second=dict(sliding_window=21, attention_bias=True, layer_types=SLIDE4, tie_word_embeddings=False), fills=SMALL["fills"] | {"sinks": (1, 3)}),
    **dense("hyperclovax", first=dict(embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.4, attention_multiplier=0.2), second=dict(use_post_norm=False, head_dim=12, attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    **dense("arcee", first=dict(YARN), second=dict(attention_bias=True, mlp_bias=True, head_dim=12, tie_word_embeddings=True)),
    **dense("apertus", first=dict(LLAMA3), second=dict(attention_bias=True, tie_word_embeddings=True, **theta()), fills={r"alpha_[np]$": (0.5, 0.25)}),
    **dense("seed_oss", first=dict(head_dim=20), second=dict(head_dim=12, attention_bias=False, attention_out_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    **dense("ernie4_5", first=dict(head_dim=20), second=dict(head_dim=12, use_bias=True, tie_word_embeddings=False), **SMALL),
    **dense("internlm3", first=dict(head_dim=20), second=dict(head_dim=12, attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    **dense("iquestcoder", first=dict(head_dim=20), second=dict(head_dim=12, attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    **dense("exaone4", first=dict(sliding_window=14, layer_types=SLIDE), second=dict(sliding_window=None, layer_types=["full_attention"] * 4, tie_word_embeddings=True)),
    **dense("hunyuan_v1_dense", first=dict(head_dim=20), second=dict(head_dim=12, attention_bias=True, tie_word_embeddings=True, rope_parameters={"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 1.0, "alpha": 50.0})),
    **dense("nanochat", first=dict(), second=dict(attention_bias=True, final_logit_softcapping=None, num_key_value_heads=5)),
    **dense("olmo", first=dict(clip_qkv=0.9), second=dict(attention_bias=True, tie_word_embeddings=True)),
    **dense("olmo2", first=dict(), second=dict(attention_bias=True, tie_word_embeddings=True, **YARN)),
    **dense("olmo3", first=dict(sliding_window=14, layer_types=SLIDE, **YARN), second=dict(sliding_window=25, attention_bias=True, tie_word_embeddings=True)),
    **dense("glm", first=dict(head_dim=20, **theta(partial_rotary_factor=0.5)), second=dict(head_dim=16, attention_bias=False, tie_word_embeddings=True, **theta(5000.0, partial_rotary_factor=0.25))),
    **dense("glm4", first=dict(head_dim=20, **theta(partial_rotary_factor=0.5)), second=dict(head_dim=16, attention_bias=False, tie_word_embeddings=True, **theta(5000.0, partial_rotary_factor=0.25))),
    **dense("helium", first=dict(head_dim=12), second=dict(head_dim=8, attention_bias=True, mlp_bias=True, tie_word_embeddings=True)),
    # Blocks of their own.
    **dense("cohere", first=dict(logit_scale=0.25, use_qk_norm=True), second=dict(logit_scale=0.5, attention_bias=True, tie_word_embeddings=True)),
    **dense("cohere2", first=dict(logit_scale=0.25, sliding_window=14, layer_types=SLIDE), second=dict(logit_scale=0.5, attention_bias=True, sliding_window=22, layer_types=SLIDE4)),
    **dense("phi", first=dict(qk_layernorm=True, **theta(partial_rotary_factor=0.5)), second=dict(**theta(partial_rotary_factor=0.75))),
    **dense("phi3", first=dict(sliding_window=14, **theta(partial_rotary_factor=0.5)), second=longrope(3, partial_rotary_factor=0.75) | dict(num_attention_heads=5, tie_word_embeddings=True)),
    "phi3-longrope-old": dict(type="phi3", config=A | dict(original_max_position_embeddings=48), written={"rope_parameters": None, "rope_theta": 10000.0, "rope_scaling": {"type": "longrope", "short_factor": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5], "long_factor": [1.5, 2.0, 3.0, 4.0, 5.0, 8.0]}}),
    **dense("stablelm", first=dict(use_qkv_bias=True, **theta(partial_rotary_factor=0.5)), second=dict(qk_layernorm=True, use_parallel_residual=True, tie_word_embeddings=True, **theta(partial_rotary_factor=0.25))),
    **dense("nemotron", first=dict(**theta(partial_rotary_factor=0.5)), second=dict(head_dim=12, attention_bias=True, mlp_bias=True, tie_word_embeddings=True, **theta(partial_rotary_factor=1.0)), **MINUS),
    **dense("starcoder2", first=dict(sliding_window=14), second=dict(use_bias=False, tie_word_embeddings=False, sliding_window=None)),
    **dense("jais2", first=dict(head_dim=20), second=dict(head_dim=12, attention_bias=False, mlp_bias=False, tie_word_embeddings=True)),
    "persimmon-a": dict(type="persimmon", config={k: v for k, v in A.items() if k != "num_key_value_heads"} | theta(partial_rotary_factor=0.5)),
    "persimmon-b": dict(type="persimmon", config={k: v for k, v in B.items() if k != "num_key_value_heads"} | dict(qk_layernorm=False, tie_word_embeddings=True) | theta(partial_rotary_factor=0.25)),
    # The classics.
    "gpt2-a": dict(type="gpt2", config=dict(vocab_size=1200, n_positions=512, n_embd=48, n_layer=3, n_head=4), **GPT2),
    "gpt2-b": dict(type="gpt2", config=dict(vocab_size=1211, n_positions=640, n_embd=40, n_layer=4, n_head=5, n_inner=72, activation_function="relu", scale_attn_by_inverse_layer_idx=True, scale_attn_weights=False, tie_word_embeddings=False), gain=0.7, **GPT2),
    "gpt_bigcode-a": dict(type="gpt_bigcode", config=dict(vocab_size=1200, n_positions=512, n_embd=48, n_layer=3, n_head=4)),
    "gpt_bigcode-b": dict(type="gpt_bigcode", config=dict(vocab_size=1211, n_positions=640, n_embd=40, n_layer=4, n_head=5, n_inner=72, multi_query=False, tie_word_embeddings=False)),
    "gpt_neo-a": dict(type="gpt_neo", config=dict(vocab_size=1200, max_position_embeddings=512, hidden_size=48, num_layers=3, num_heads=4, attention_types=[[["global", "local", "local"], 1]], window_size=12), gain=0.8),
    "gpt_neo-b": dict(type="gpt_neo", config=dict(vocab_size=1211, max_position_embeddings=640, hidden_size=40, num_layers=4, num_heads=5, intermediate_size=72, attention_types=[[["global", "local"], 2]], window_size=30, tie_word_embeddings=False), gain=0.8),
    "gptj-a": dict(type="gptj", config=dict(vocab_size=1200, n_positions=512, n_embd=64, n_layer=3, n_head=4, rotary_dim=8)),
    "gptj-b": dict(type="gptj", config=dict(vocab_size=1211, n_positions=640, n_embd=40, n_layer=4, n_head=2, n_inner=72, rotary_dim=20, tie_word_embeddings=True)),
    "codegen-a": dict(type="codegen", config=dict(vocab_size=1200, n_positions=512, n_embd=64, n_layer=3, n_head=4, rotary_dim=8)),
    "codegen-b": dict(type="codegen", config=dict(vocab_size=1211, n_positions=640, n_embd=80, n_layer=2, n_head=4, n_inner=72, rotary_dim=20, tie_word_embeddings=True), gain=2.5),
    "gpt_neox-a": dict(type="gpt_neox", config={k: v for k, v in A.items() if k != "num_key_value_heads"} | theta(partial_rotary_factor=0.5)),
    "gpt_neox-b": dict(type="gpt_neox", config={k: v for k, v in B.items() if k != "num_key_value_heads"} | dict(use_parallel_residual=False, attention_bias=False, tie_word_embeddings=True, hidden_act="gelu_new"), written={"rope_parameters": None, "rotary_pct": 0.25, "rotary_emb_base": 20000}),
    "bloom-a": dict(type="bloom", config=dict(vocab_size=1200, hidden_size=48, n_layer=3, n_head=4), gain=2.5, fills={"word_embeddings_layernorm": (0.25, 0.5)}),
    "bloom-b": dict(type="bloom", config=dict(vocab_size=1211, hidden_size=40, n_layer=4, n_head=5, apply_residual_connection_post_layernorm=True, tie_word_embeddings=False)),
    "mpt-a": dict(type="mpt", config=dict(vocab_size=1200, d_model=48, n_heads=4, n_layers=3, max_seq_len=512)),
    "mpt-b": dict(type="mpt", config=dict(vocab_size=1211, d_model=40, n_heads=5, n_layers=4, max_seq_len=640, expansion_ratio=2, attn_config=dict(alibi_bias_max=4, clip_qkv=0.9, softmax_scale=0.5), tie_word_embeddings=False)),
    "xglm-a": dict(type="xglm", config=dict(vocab_size=1200, max_position_embeddings=512, d_model=48, ffn_dim=80, num_layers=3, attention_heads=4), fills={"embed_tokens": (0.0625, 0)}, gain=2.5),
    "xglm-b": dict(type="xglm", config=dict(vocab_size=1211, max_position_embeddings=640, d_model=40, ffn_dim=56, num_layers=4, attention_heads=5, activation_function="relu", scale_embedding=False, tie_word_embeddings=False)),
    "opt-a": dict(type="opt", config=dict(vocab_size=1200, hidden_size=48, num_hidden_layers=3, ffn_dim=80, max_position_embeddings=512, num_attention_heads=4)),
    "opt-b": dict(type="opt", config=dict(vocab_size=1211, hidden_size=40, num_hidden_layers=4, ffn_dim=56, max_position_embeddings=640, num_attention_heads=5, do_layer_norm_before=False, word_embed_proj_dim=24, activation_function="gelu", enable_bias=False, tie_word_embeddings=False), gain=1.8),
    "biogpt-a": dict(type="biogpt", config={k: v for k, v in A.items() if k != "num_key_value_heads"}, **SMALL),
    "biogpt-b": dict(type="biogpt", config={k: v for k, v in B.items() if k != "num_key_value_heads"} | dict(scale_embedding=False, hidden_act="relu", tie_word_embeddings=False)),
    "falcon-a": dict(type="falcon", config=dict(vocab_size=1200, hidden_size=48, num_hidden_layers=3, num_attention_heads=4, max_position_embeddings=512)),
    "falcon-b": dict(type="falcon", config=dict(vocab_size=1211, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_kv_heads=2, new_decoder_architecture=True, max_position_embeddings=640, bias=True, tie_word_embeddings=False, ffn_hidden_size=72)),
    "falcon-alibi": dict(type="falcon", config=dict(vocab_size=1200, hidden_size=40, num_hidden_layers=3, num_attention_heads=5, alibi=True, multi_query=False, parallel_attn=False, bias=True, max_position_embeddings=512), attention="sdpa"),
    "falcon-one-norm": dict(type="falcon", config=dict(vocab_size=1200, hidden_size=64, num_hidden_layers=3, num_attention_heads=4, num_kv_heads=2, new_decoder_architecture=True, num_ln_in_parallel_attn=1, max_position_embeddings=512)),
}


def text(kind, *, more=None, small=A):
    return {"model_type": kind, **small, **(more or {})}


SIGLIP = dict(model_type="siglip_vision_model", hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)
PIXTRAL = dict(model_type="pixtral", hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14)
QWEN2_VIT = dict(depth=1, embed_dim=16, hidden_size=48, num_heads=2, mlp_ratio=1, patch_size=4)
QWEN25_VIT = dict(depth=1, hidden_size=16, out_hidden_size=48, intermediate_size=16, num_heads=2, patch_size=4, fullatt_block_indexes=[0])
QWEN3_VIT = dict(depth=1, hidden_size=16, out_hidden_size=48, intermediate_size=16, num_heads=2, patch_size=4, num_position_embeddings=4, deepstack_visual_indexes=[0])
GEMMA4_VIT = dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2, head_dim=8, position_embedding_size=16)
SECTION = dict(mrope_section=[4, 3, 3])


def sections(n, **more):
    """Rotation in three sections of the halves of a head, for time, height and width: the same position three times where there is no picture."""
    third = n // 6
    return {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [n // 2 - 2 * third, third, third], **more}}


WRAP = dict(auto="AutoModelForImageTextToText")
# The text part of models that also take pictures; the names of the tensors are those of hub pages (`renamed`), where the class would write others.
VARIANTS |= {
    "gemma3-a": dict(type="gemma3", config=dict(text_config=text("gemma3_text", more=dict(head_dim=20, query_pre_attn_scalar=23, sliding_window=14, layer_types=SLIDE)), vision_config=SIGLIP, mm_tokens_per_image=1), **SANDWICH, **WRAP),
    "gemma3-b": dict(type="gemma3", config=dict(text_config=text("gemma3_text", small=B, more=dict(head_dim=12, query_pre_attn_scalar=12, sliding_window=30, layer_types=SLIDE4, rope_parameters={"full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0}, "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}})), vision_config=SIGLIP, mm_tokens_per_image=1), renamed=(r"^model\.language_model\.", "language_model.model."), **SANDWICH, **WRAP),
    "mistral3-a": dict(type="mistral3", config=dict(text_config=text("mistral", more=dict(head_dim=20, tie_word_embeddings=False, sliding_window=None)), vision_config=PIXTRAL, tie_word_embeddings=False), **WRAP),
    "mistral3-b": dict(type="mistral3", config=dict(text_config=text("ministral3", small=B, more=dict(head_dim=12, tie_word_embeddings=True, rope_parameters={**YARN_ODD["rope_parameters"], "llama_4_scaling_beta": 0.3})), vision_config=PIXTRAL, tie_word_embeddings=True), **WRAP),
    "qwen2_vl-a": dict(type="qwen2_vl", config=dict(text_config=text("qwen2_vl_text", more=sections(12)), vision_config=QWEN2_VIT, tie_word_embeddings=False), **WRAP),
    "qwen2_vl-b": dict(type="qwen2_vl", config=dict(text_config=text("qwen2_vl_text", small=B, more=dict(use_sliding_window=True, sliding_window=17, max_window_layers=1, num_attention_heads=2, num_key_value_heads=2, **sections(20))), vision_config=dict(QWEN2_VIT, hidden_size=40), tie_word_embeddings=True), **WRAP),
    "qwen2_5_vl-a": dict(type="qwen2_5_vl", config=dict(text_config=text("qwen2_5_vl_text", more=sections(12)), vision_config=QWEN25_VIT, tie_word_embeddings=False), **WRAP),
    "qwen2_5_vl-b": dict(type="qwen2_5_vl", config=dict(text_config=text("qwen2_5_vl_text", small=B, more=dict(num_attention_heads=2, num_key_value_heads=2, **sections(20))), vision_config=dict(QWEN25_VIT, out_hidden_size=40), tie_word_embeddings=True), **WRAP),
    "qwen3_vl-a": dict(type="qwen3_vl", config=dict(text_config=text("qwen3_vl_text", more=dict(head_dim=20, **sections(20, mrope_interleaved=True))), vision_config=QWEN3_VIT, tie_word_embeddings=False), **WRAP),
    "qwen3_vl-b": dict(type="qwen3_vl", config=dict(text_config=text("qwen3_vl_text", small=B, more=dict(head_dim=12, attention_bias=True, **sections(12, mrope_interleaved=True))), vision_config=dict(QWEN3_VIT, out_hidden_size=40), tie_word_embeddings=True), **WRAP),
}
GEMMA4 = dict(head_dim=16, global_head_dim=24, sliding_window=14, num_hidden_layers=6, hidden_size_per_layer_input=0, vocab_size_per_layer_input=1200)
GEMMA4_KINDS = ["sliding_attention", "sliding_attention", "full_attention"] * 2
GEMMA3N = dict(head_dim=12, sliding_window=14, num_hidden_layers=6, layer_types=GEMMA4_KINDS, hidden_size_per_layer_input=8, vocab_size_per_layer_input=1200, num_kv_shared_layers=3, laurel_rank=4, altup_num_inputs=2, num_attention_heads=4)
VARIANTS |= {
    "gemma4_text-a": dict(type="gemma4_text", config=A | GEMMA4 | dict(layer_types=GEMMA4_KINDS), fills={"layer_scalar": (0.25, 1)}),
    "gemma4_text-b": dict(type="gemma4_text", config=B | GEMMA4 | dict(layer_types=GEMMA4_KINDS, vocab_size_per_layer_input=1211, hidden_size_per_layer_input=8, num_kv_shared_layers=3, use_double_wide_mlp=True, final_logit_softcapping=5.0), fills={"layer_scalar": (0.25, 1)}),
    "gemma4_text-keys-are-values": dict(type="gemma4_text", config=A | GEMMA4 | dict(layer_types=GEMMA4_KINDS, attention_k_eq_v=True, num_global_key_value_heads=1), fills={"layer_scalar": (0.25, 1)}),
    "gemma4-a": dict(type="gemma4", config=dict(text_config=text("gemma4_text", more=GEMMA4 | dict(layer_types=GEMMA4_KINDS, pad_token_id=0)), vision_config=GEMMA4_VIT, audio_config=None), **WRAP, fills={"layer_scalar": (0.25, 1)}),
    "gemma3n_text-a": dict(type="gemma3n_text", config=A | GEMMA3N),
    "gemma3n_text-b": dict(type="gemma3n_text", config=B | GEMMA3N | dict(vocab_size_per_layer_input=1211, altup_num_inputs=3, num_kv_shared_layers=2, activation_sparsity_pattern=[0.6, 0.6, 0.0, 0.0, 0.0, 0.0], altup_correct_scale=False, num_attention_heads=5)),
}

# Layers with a state instead of keys and values, and experts.
LINEAR = ["linear_attention", "full_attention", "linear_attention"]
LINEAR4 = ["linear_attention", "linear_attention", "linear_attention", "full_attention"]
DELTA = dict(head_dim=20, linear_conv_kernel_dim=4, linear_key_head_dim=8, linear_value_head_dim=12, linear_num_key_heads=2, linear_num_value_heads=4, layer_types=LINEAR, rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.4})
DELTA_B = DELTA | dict(head_dim=16, linear_conv_kernel_dim=3, linear_key_head_dim=12, linear_value_head_dim=8, linear_num_key_heads=3, linear_num_value_heads=3, layer_types=LINEAR4, rope_parameters={"rope_type": "default", "rope_theta": 5000.0, "partial_rotary_factor": 0.25})
# The norm inside of the linear layers is stored as it is.
DELTA_FILLS = dict(norm_minus_one=True, fills={r"linear_attn\.norm\.weight": (0.25, 1), "A_log": (1, 0), "dt_bias": (1, -1)})
EXPERTS = dict(moe_intermediate_size=24, shared_expert_intermediate_size=40, num_experts=6, num_experts_per_tok=2)
MROPE = {**DELTA, "rope_parameters": {**DELTA["rope_parameters"], "mrope_section": [2, 1, 1], "mrope_interleaved": True}}
LOCAL = dict(num_local_experts=5, num_experts_per_tok=2)
VARIANTS |= {
    **dense("qwen3_5_text", first=DELTA, second=DELTA_B | dict(tie_word_embeddings=True, attention_bias=True), gain=1.0, **DELTA_FILLS),
    "qwen3_5-a": dict(type="qwen3_5", config=dict(text_config=text("qwen3_5_text", more=MROPE), vision_config=dict(QWEN3_VIT), tie_word_embeddings=False), **DELTA_FILLS, **WRAP),
    "qwen3_5-b": dict(type="qwen3_5", config=dict(text_config=text("qwen3_5_text", small=B, more=DELTA_B | dict(tie_word_embeddings=True)), vision_config=dict(QWEN3_VIT, out_hidden_size=40), tie_word_embeddings=True), **DELTA_FILLS, **WRAP),
    **dense("qwen3_5_moe_text", first=DELTA | EXPERTS, second=DELTA_B | EXPERTS | dict(num_experts=4, num_experts_per_tok=3, tie_word_embeddings=True), **DELTA_FILLS),
    **dense("qwen3_next", first=DELTA | EXPERTS, second=DELTA_B | EXPERTS | dict(num_experts=4, num_experts_per_tok=3, decoder_sparse_step=2, norm_topk_prob=False, tie_word_embeddings=True), **DELTA_FILLS),
    **dense("olmo_hybrid", first=dict(layer_types=LINEAR, linear_key_head_dim=8, linear_value_head_dim=12, linear_num_key_heads=4, linear_num_value_heads=4), second=dict(layer_types=LINEAR4, linear_key_head_dim=12, linear_value_head_dim=8, linear_num_key_heads=5, linear_num_value_heads=5, linear_allow_neg_eigval=False, linear_conv_kernel_dim=3, attention_bias=True, tie_word_embeddings=True, **theta()), fills={"A_log": (1, 0), "dt_bias": (1, -1)}),
    **dense("lfm2", first=dict(block_auto_adjust_ff_dim=False, layer_types=["conv", "full_attention", "conv"]), second=dict(block_multiple_of=8, block_ffn_dim_multiplier=1.3, conv_L_cache=4, conv_bias=True, layer_types=["conv", "conv", "full_attention", "conv"], tie_word_embeddings=False)),
    **dense("lfm2_moe", first=dict(layer_types=["conv", "full_attention", "conv"], num_dense_layers=1, moe_intermediate_size=24, num_experts=6, num_experts_per_tok=2), second=dict(layer_types=["conv", "conv", "full_attention", "conv"], num_dense_layers=0, moe_intermediate_size=16, num_experts=4, num_experts_per_tok=3, use_expert_bias=False, norm_topk_prob=False, routed_scaling_factor=2.0, tie_word_embeddings=False)),
    **dense("mixtral", first=LOCAL, second=dict(num_local_experts=3, num_experts_per_tok=1, head_dim=12, sliding_window=18, tie_word_embeddings=True)),
    **dense("qwen2_moe", first=EXPERTS, second=EXPERTS | dict(num_experts=4, num_experts_per_tok=3, norm_topk_prob=True, decoder_sparse_step=2, qkv_bias=False, use_sliding_window=True, sliding_window=17, max_window_layers=1, tie_word_embeddings=True)),
    **dense("qwen3_moe", first=EXPERTS | dict(head_dim=20), second=EXPERTS | dict(head_dim=12, num_experts=4, num_experts_per_tok=3, norm_topk_prob=True, mlp_only_layers=[1], attention_bias=True, tie_word_embeddings=True)),
    **dense("gpt_oss", first=LOCAL | dict(head_dim=20, sliding_window=14, layer_types=SLIDE), second=dict(head_dim=12, num_local_experts=3, num_experts_per_tok=3, sliding_window=21, layer_types=SLIDE4, tie_word_embeddings=True, swiglu_limit=1.0, **theta()), fills={"sinks": (1, 3)}),
    **dense("olmoe", first=dict(num_experts=6, num_experts_per_tok=2), second=dict(num_experts=4, num_experts_per_tok=3, norm_topk_prob=True, attention_bias=True, clip_qkv=0.9, tie_word_embeddings=True)),
    **dense("granitemoe", first=LOCAL | dict(embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.4, attention_multiplier=0.2), second=dict(num_local_experts=3, num_experts_per_tok=3, attention_bias=True, attention_multiplier=0.3, tie_word_embeddings=True)),
    **dense("granitemoeshared", first=LOCAL | dict(shared_intermediate_size=32, embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.4, attention_multiplier=0.2), second=dict(num_local_experts=3, num_experts_per_tok=1, attention_multiplier=0.3, tie_word_embeddings=True)),
    # Granite 4 micro: the hybrid's class with layers of attention alone.
    **dense("granitemoehybrid", first=dict(num_local_experts=0, shared_intermediate_size=72, layer_types=["attention"] * 3, position_embedding_type="rope", embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.4, attention_multiplier=0.2, mamba_n_heads=4, mamba_d_head=24), second=LOCAL | dict(shared_intermediate_size=32, layer_types=["attention"] * 4, attention_multiplier=0.3, attention_bias=True, tie_word_embeddings=True, mamba_n_heads=4, mamba_d_head=20)),
    **dense("phimoe", first=LOCAL, second=dict(num_local_experts=3, num_experts_per_tok=2, attention_bias=True, lm_head_bias=True, sliding_window=18)),
}
CLIP = dict(model_type="clip_vision_model", hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14, projection_dim=8)
OLDER = (r"^model\.language_model\.", "language_model.model.")
LLAVA = dict(vision_feature_layer=-1)
VARIANTS |= {
    "llava-a": dict(type="llava", config=dict(text_config=text("llama", more=dict(head_dim=20)), vision_config=CLIP, image_seq_length=4, **LLAVA), **WRAP),
    "llava-b": dict(type="llava", config=dict(text_config=text("mistral", small=B, more=dict(head_dim=12, sliding_window=17)), vision_config=CLIP, image_seq_length=4, **LLAVA), renamed=OLDER, **WRAP),
    "llava_next-a": dict(type="llava_next", config=dict(text_config=text("mistral", more=dict(sliding_window=None)), vision_config=CLIP, image_grid_pinpoints=[[28, 28]], **LLAVA), **WRAP),
    "llava_next-b": dict(type="llava_next", config=dict(text_config=text("qwen2", small=B), vision_config=CLIP, image_grid_pinpoints=[[28, 28]], **LLAVA), renamed=OLDER, **WRAP),
    "internvl-a": dict(type="internvl", config=dict(text_config=text("qwen2"), vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=[28, 28], patch_size=[14, 14]), image_seq_length=1, tie_word_embeddings=False), **WRAP),
    "internvl-b": dict(type="internvl", config=dict(text_config=text("qwen3", small=B, more=dict(head_dim=12)), vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=[28, 28], patch_size=[14, 14]), image_seq_length=1, tie_word_embeddings=False), renamed=OLDER, **WRAP),
    "smolvlm-a": dict(type="smolvlm", config=dict(text_config=text("llama", more=dict(head_dim=20, tie_word_embeddings=False)), vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14), tie_word_embeddings=False), **WRAP),
    "smolvlm-b": dict(type="smolvlm", config=dict(text_config=text("llama", small=B, more=LLAMA3), vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14), tie_word_embeddings=True), **WRAP),
}

# Later additions.
MOE4 = dict(layer_types=GEMMA4_KINDS, enable_moe_block=True, num_experts=6, top_k_experts=2, moe_intermediate_size=24)
FILLS4 = {"layer_scalar": (0.25, 1), r"router\.scale": (0.25, 1), "per_expert_scale": (0.25, 1)}
UNIFIED = {k: v for k, v in GEMMA4.items() if "per_layer" not in k}
LFM3 = dict(head_dim=12, sliding_window=14)
GROUPED = dict(n_routed_experts=8, num_experts_per_tok=3, moe_intermediate_size=24, n_shared_experts=1, routed_scaling_factor=1.7)
BIASED = {"e_score_correction_bias": (0.25, 0)}
SWA = dict(embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.4, attention_multiplier=0.2)
VARIANTS |= {
    "gemma3n_text-few-rows": dict(type="gemma3n_text", config=A | GEMMA3N | dict(vocab_size_per_layer_input=900, altup_active_idx=1, intermediate_size=[80, 72, 64, 80, 72, 64], attention_bias=True)),
    "gemma3n-a": dict(type="gemma3n", config=dict(text_config=text("gemma3n_text", more=GEMMA3N | dict(pad_token_id=0)), vision_config=dict(model_type="gemma3n_vision", hidden_size=16, vocab_size=4, vocab_offset=1200), audio_config=dict(hidden_size=16, vocab_size=4, vocab_offset=1204, conf_num_hidden_layers=1, conf_num_attention_heads=2, input_feat_size=16, sscp_conv_channel_size=[4, 4])), **WRAP),
    "gemma4_text-experts": dict(type="gemma4_text", config=A | GEMMA4 | MOE4, fills=FILLS4),
    "gemma4_text-experts-b": dict(type="gemma4_text", config=B | GEMMA4 | MOE4 | dict(num_experts=4, top_k_experts=3, vocab_size_per_layer_input=1211, hidden_size_per_layer_input=8, use_bidirectional_attention="vision", final_logit_softcapping=9.0), gain=0.8, fills=FILLS4),
    "gemma4_unified_text-a": dict(type="gemma4_unified_text", config=A | UNIFIED | dict(layer_types=GEMMA4_KINDS), fills=FILLS4),
    "gemma4_unified_text-b": dict(type="gemma4_unified_text", config=B | UNIFIED | dict(layer_types=GEMMA4_KINDS, num_kv_shared_layers=3, attention_k_eq_v=True, num_global_key_value_heads=1), fills=FILLS4),
    **dense("cwm", both=dict(bos_token_id=0), first=dict(head_dim=12, sliding_window=14, rope_parameters=LLAMA3["rope_parameters"]), second=dict(head_dim=12, sliding_window=25, layer_types=SLIDE4, mlp_bias=True, tie_word_embeddings=True)),
    **dense("flex_olmo", first=dict(num_experts=6, num_experts_per_tok=2), second=dict(num_experts=4, num_experts_per_tok=3, norm_topk_prob=True, attention_bias=True, tie_word_embeddings=True)),
    **dense("granitemoe_swa", first=SWA | dict(num_local_experts=6, num_experts_per_tok=2, sliding_window=14, layer_types=SLIDE, layer_rope_theta=[10000.0, 0, 500000.0]), second=dict(num_local_experts=3, num_experts_per_tok=1, shared_intermediate_size=32, sliding_window=21, attention_bias=True, attention_multiplier=0.3, layer_types=SLIDE4, tie_word_embeddings=True), fills=SMALL["fills"] | {"sinks": (1, 3)}),
    **dense("glm4_moe", first=GROUPED | dict(head_dim=20, use_qk_norm=True), second=GROUPED | dict(head_dim=16, n_group=4, topk_group=2, first_k_dense_replace=2, attention_bias=True, norm_topk_prob=False, n_shared_experts=2, tie_word_embeddings=True, **theta(5000.0, partial_rotary_factor=0.25)), fills=BIASED),
    **dense("solar_open", first=GROUPED | dict(head_dim=12, n_group=2, topk_group=1), second=GROUPED | dict(head_dim=16, attention_bias=True, tie_word_embeddings=True, n_shared_experts=2, **YARN), fills=BIASED),
    **dense("dots1", first=GROUPED | dict(head_dim=12, norm_topk_prob=True, first_k_dense_replace=1, sliding_window=14, layer_types=SLIDE), second=GROUPED | dict(head_dim=16, n_group=2, topk_group=1, attention_bias=True, max_window_layers=2, sliding_window=21, tie_word_embeddings=True), fills=BIASED),
    **dense("lfm3", first=LFM3 | dict(layer_types=["conv", "full_attention", "sliding_attention"]), second=LFM3 | dict(head_dim=16, conv_L_cache=4, conv_bias=True, layer_types=["conv", "sliding_attention", "full_attention", "conv"], use_sandwich_norm=False, use_attention_gate=False, tie_word_embeddings=False)),
    "aya_vision-a": dict(type="aya_vision", config=dict(text_config=text("cohere2", more=dict(logit_scale=0.25, sliding_window=14, layer_types=SLIDE)), vision_config=SIGLIP), **WRAP),
    "aya_vision-b": dict(type="aya_vision", config=dict(text_config=text("cohere2", small=B, more=dict(logit_scale=0.5, sliding_window=22, layer_types=SLIDE4, attention_bias=True)), vision_config=SIGLIP), renamed=OLDER, **WRAP),
    "cohere2_vision-a": dict(type="cohere2_vision", config=dict(text_config=text("cohere2", more=dict(logit_scale=0.25, sliding_window=14, layer_types=SLIDE)), vision_config=SIGLIP, alignment_intermediate_size=16), **WRAP),
    "idefics3-a": dict(type="idefics3", config=dict(text_config=text("llama", more=dict(head_dim=20, tie_word_embeddings=False)), vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14), tie_word_embeddings=False), **WRAP),
    "llava_onevision-a": dict(type="llava_onevision", config=dict(text_config=text("qwen2"), vision_config=SIGLIP, tie_word_embeddings=False), **WRAP),
    "llava_onevision-b": dict(type="llava_onevision", config=dict(text_config=text("qwen2", small=B, more=YARN), vision_config=SIGLIP, tie_word_embeddings=True), renamed=OLDER, **WRAP),
    "lfm2_vl-a": dict(type="lfm2_vl", config=dict(text_config=text("lfm2", more=dict(block_auto_adjust_ff_dim=False, layer_types=["conv", "full_attention", "conv"])), vision_config=dict(model_type="siglip2_vision_model", hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, num_patches=16), projector_hidden_size=16), **WRAP),
    "lfm3_vl-a": dict(type="lfm3_vl", config=dict(text_config=text("lfm3", more=LFM3 | dict(layer_types=["conv", "full_attention", "sliding_attention"])), vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=2), projector_hidden_size=16), **WRAP),
    "hyperclovax_vision_v2-a": dict(type="hyperclovax_vision_v2", config=dict(text_config=text("hyperclovax", more=dict(embedding_multiplier=3.0, logits_scaling=2.0, residual_multiplier=0.4, attention_multiplier=0.2)), vision_config=QWEN25_VIT), gain=2.0, **WRAP),
    "ovis2-a": dict(type="ovis2", config=dict(text_config=text("qwen2"), vision_config=dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2, image_size=28, patch_size=14, vocab_size=16), vocab_size=1200, hidden_size=48, visual_indicator_token_ids=[1, 3, 4, 5, 6]), **WRAP),
    "vipllava-a": dict(type="vipllava", config=dict(text_config=text("llama", more=dict(head_dim=20)), vision_config=CLIP, image_seq_length=4, vision_feature_layers=[-1]), **WRAP),
    "qwen3_5_moe-a": dict(type="qwen3_5_moe", config=dict(text_config=text("qwen3_5_moe_text", more=MROPE | EXPERTS), vision_config=dict(QWEN3_VIT), tie_word_embeddings=False), **DELTA_FILLS, **WRAP),
    "qwen3_5_moe-b": dict(type="qwen3_5_moe", config=dict(text_config=text("qwen3_5_moe_text", small=B, more=DELTA_B | EXPERTS | dict(num_experts=4, num_experts_per_tok=3, tie_word_embeddings=True)), vision_config=dict(QWEN3_VIT, out_hidden_size=40), tie_word_embeddings=True), **DELTA_FILLS, **WRAP),
    **dense("granitemoehybrid-mamba", of="granitemoehybrid", first=LOCAL | SWA | dict(shared_intermediate_size=32, layer_types=["mamba", "attention", "mamba"], mamba_n_heads=6, mamba_d_head=16, mamba_d_state=12, mamba_n_groups=1), second=dict(num_local_experts=0, shared_intermediate_size=56, layer_types=["mamba", "mamba", "attention", "mamba"], position_embedding_type="rope", mamba_n_heads=4, mamba_d_head=20, mamba_d_state=8, mamba_n_groups=2, mamba_d_conv=3, mamba_proj_bias=True, mamba_conv_bias=False, tie_word_embeddings=True), fills={"A_log": (1, 0), "dt_bias": (1, -1), r"\.D$": (0.5, 1)}),
}
