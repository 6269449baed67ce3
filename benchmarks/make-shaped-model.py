"""Makes a model with random weights in bfloat16 and the shape of a large one, its layers cut so that it fits into the memory of a small machine.

usage: make-shaped-model.py SHAPE TOKENIZER OUT [--layers N] [--dtype bfloat16]
SHAPE: smollm2-1.7b, qwen3-1.7b or llama-3.1-8b; TOKENIZER: a folder whose tokenizer files are copied (a smaller vocabulary will do). Needs torch and safetensors.
"""
import argparse
import itertools
import json
import pathlib
import shutil

import torch
from safetensors.torch import save_file

SHAPES = {
    "smollm2-1.7b": dict(
        model_type="llama", architectures=["LlamaForCausalLM"], hidden_size=2048, intermediate_size=8192, num_attention_heads=32,
        num_key_value_heads=32, num_hidden_layers=24, vocab_size=49152, tie_word_embeddings=True, rope_theta=130000.0,
        max_position_embeddings=8192, rms_norm_eps=1e-5,
    ),
    "qwen3-1.7b": dict(
        model_type="qwen3", architectures=["Qwen3ForCausalLM"], hidden_size=2048, intermediate_size=6144, num_attention_heads=16,
        num_key_value_heads=8, head_dim=128, num_hidden_layers=28, vocab_size=151936, tie_word_embeddings=True, rope_theta=1000000.0,
        max_position_embeddings=8192, rms_norm_eps=1e-6,
    ),
    "llama-3.1-8b": dict(
        model_type="llama", architectures=["LlamaForCausalLM"], hidden_size=4096, intermediate_size=14336, num_attention_heads=32,
        num_key_value_heads=8, num_hidden_layers=32, vocab_size=128256, tie_word_embeddings=False, rope_theta=500000.0,
        max_position_embeddings=8192, rms_norm_eps=1e-5,
    ),
}

parser = argparse.ArgumentParser()
parser.add_argument("shape", choices=SHAPES)
parser.add_argument("tokenizer")
parser.add_argument("out")
parser.add_argument("--layers", type=int)
parser.add_argument("--dtype", default="bfloat16")
args = parser.parse_args()
torch.set_num_threads(2)

config = {"hidden_act": "silu", "attention_bias": False, "mlp_bias": False, "bos_token_id": 1, "eos_token_id": 2, **SHAPES[args.shape]}
config["num_hidden_layers"] = args.layers or config["num_hidden_layers"]
config["dtype"] = args.dtype
hidden, inner = config["hidden_size"], config["intermediate_size"]
head = config.get("head_dim", hidden // config["num_attention_heads"])
queries, keys = head * config["num_attention_heads"], head * config["num_key_value_heads"]
dtype = getattr(torch, args.dtype)
generator = torch.Generator().manual_seed(7)
# One block of numbers for all, since fresh noise for gigabytes takes minutes; each matrix begins elsewhere in it, because equal ones would share their memory in ONNX Runtime.
noise = torch.randn((1 << 22) + 15, generator=generator).mul_(0.02).to(dtype)
begun = itertools.count()


def matrix(rows, columns):
    count = rows * columns
    return torch.roll(noise, 1009 * next(begun)).repeat(count // len(noise) + 1)[:count].view(rows, columns).clone()


tensors = {"model.embed_tokens.weight": matrix(config["vocab_size"], hidden), "model.norm.weight": torch.ones(hidden, dtype=dtype)}
if not config["tie_word_embeddings"]:
    tensors["lm_head.weight"] = matrix(config["vocab_size"], hidden)
for layer in range(config["num_hidden_layers"]):
    name = f"model.layers.{layer}"
    for part, shape in {
        "self_attn.q_proj": (queries, hidden), "self_attn.k_proj": (keys, hidden), "self_attn.v_proj": (keys, hidden),
        "self_attn.o_proj": (hidden, queries), "mlp.gate_proj": (inner, hidden), "mlp.up_proj": (inner, hidden), "mlp.down_proj": (hidden, inner),
    }.items():
        tensors[f"{name}.{part}.weight"] = matrix(*shape)
    for part in ("input_layernorm", "post_attention_layernorm"):
        tensors[f"{name}.{part}.weight"] = torch.ones(hidden, dtype=dtype)
    if config["model_type"] == "qwen3":
        for part in ("q_norm", "k_norm"):
            tensors[f"{name}.self_attn.{part}.weight"] = torch.ones(head, dtype=dtype)

out = pathlib.Path(args.out)
out.mkdir(parents=True, exist_ok=True)
save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
(out / "config.json").write_text(json.dumps(config, indent=2))
for file in ("tokenizer.json", "tokenizer_config.json"):
    shutil.copy(pathlib.Path(args.tokenizer, file), out / file)
print(f"{sum(t.numel() for t in tensors.values()) / 1e9:.2f} billion parameters")
