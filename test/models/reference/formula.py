"""The weights of the models of this folder: a formula over the name of a tensor and the place in it, which weights.ts computes alike.

The i-th value of a tensor is offset + scale * u, where u is one of 2^24 numbers from -1 to below 1: the upper 24 bits of a 32-bit mix
(the finalizer "lowbias32" of Ellis and Wellons, 2018) of i times the golden ratio plus the FNV-1a hash of the name.
"""
import numpy as np


def fnv1a(text):
    h = 0x811C9DC5
    for byte in text.encode():
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def values(name, shape, scale, offset):
    with np.errstate(over="ignore"):
        x = np.arange(int(np.prod(shape)), dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(fnv1a(name))
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    u = (x >> np.uint32(8)).astype(np.float64) / 2**23 - 1
    return (offset + scale * u).astype(np.float32).reshape(shape)
