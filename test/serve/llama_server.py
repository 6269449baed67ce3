"""llama.cpp's own HTTP server out of the package xllamacpp, with the command line of llama-server as far as tests need it.

usage: llama_server.py -m MODEL.gguf --host HOST --port PORT [--alias NAME] [-c TOKENS] [-np SLOTS] [-t THREADS] [-ctk f32] [-ctv f32] [-fa off]
"""
import argparse
import signal

import xllamacpp

TYPES = {"f32": xllamacpp.ggml_type.GGML_TYPE_F32, "f16": xllamacpp.ggml_type.GGML_TYPE_F16}
FLASH = {"off": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED, "auto": xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_AUTO}

parser = argparse.ArgumentParser()
parser.add_argument("-m", required=True)
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("--alias")
parser.add_argument("-c", type=int, default=4096)
parser.add_argument("-np", type=int, default=1)
parser.add_argument("-t", type=int, default=2)
parser.add_argument("-ctk", choices=list(TYPES), default="f16")
parser.add_argument("-ctv", choices=list(TYPES), default="f16")
parser.add_argument("-fa", choices=list(FLASH), default="auto")
words = parser.parse_args()

params = xllamacpp.CommonParams()
params.model.path = words.m
if words.alias is not None:
    params.model_alias = {words.alias}
params.hostnames = [words.host]
params.port = words.port
params.n_ctx = words.c
params.n_parallel = words.np
params.cpuparams.n_threads = words.t
params.cache_type_k = TYPES[words.ctk]
params.cache_type_v = TYPES[words.ctv]
params.flash_attn_type = FLASH[words.fa]
server = xllamacpp.Server(params)
print(f"listening on {server.listening_address}", flush=True)
signal.sigwait([signal.SIGTERM, signal.SIGINT])
