#!/bin/sh
# What the harness 0.4.8 itself writes: two toy tasks answered by its dummy model. Needs lm_eval 0.4.8; `pretty_env_info` and `git_hash` were removed by hand.
cd "$(dirname "$0")" || exit 1
python -m lm_eval --model dummy --model_args pretrained=toy/model-1 --seed 1 --tasks toy_mc,toy_gen --include_path . --output_path out --log_samples
