import { describe, expect, it } from 'vitest';
import { readQuantization } from '../../src/models/quantization-config.js';

const group = (weights: object, more: object = {}): object => ({ config_groups: { group_0: { targets: ['Linear'], weights, ...more } } });
const compressed = (more: object): object => ({
  quant_method: 'compressed-tensors',
  format: 'pack-quantized',
  ...group({ num_bits: 4, type: 'int', group_size: 128 }),
  ...more,
});

describe('quantization_config', () => {
  it('is read as far as the tensors do not tell it', () => {
    expect(readQuantization(undefined, 'config.json')).toBeNull();
    expect(readQuantization({ quant_method: 'gptq', bits: 4, group_size: -1 }, 'config.json')).toEqual({
      ...{ method: 'gptq', bits: 4, groupSize: null, zeroOffset: 1, name: 'gptq 4 bit', activations: false },
    });
    expect(readQuantization({ quant_method: 'gptq', bits: 8, group_size: 128, checkpoint_format: 'gptq_v2' }, 'config.json')).toMatchObject(
      {
        ...{ groupSize: 128, zeroOffset: 0 },
      },
    );
    expect(readQuantization({ quant_method: 'fp8', weight_block_size: [128, 64] }, 'config.json')).toMatchObject({
      block: [128, 64],
      activations: true,
    });
    expect(readQuantization({ load_in_8bit: true }, 'config.json')).toMatchObject({ method: 'bitsandbytes', bits: 8 });
    expect(readQuantization(compressed({}), 'config.json')).toMatchObject({
      groups: [{ bits: 4, kind: 'int', groupSize: 128, block: null }],
      activations: false,
    });
    expect(readQuantization(compressed({ format: 'dense' }), 'config.json')).toBeNull();
  });

  const refused: [unknown, RegExp][] = [
    ...['hqq', 'aqlm', 'quip', 'eetq', 'torchao', 'fbgemm_fp8', 'quanto', 'vptq', 'higgs', 'spqr', 'bitnet', 'modelopt', 'gguf'].map(
      (method): [unknown, RegExp] => [{ quant_method: method }, new RegExp(`quant_method "${method}" are not read .*--serve vllm`)],
    ),
    [{ bits: 4 }, /has no quant_method/],
    [{ quant_method: 7 }, /quantization_config\.quant_method/],
    [[], /quantization_config/],
    ['gptq', /quantization_config/],
    [{ quant_method: 'gptq', bits: 3 }, /gptq with 3 bits is not read \(read are 2, 4 and 8\)/],
    [{ quant_method: 'gptq', bits: 4, checkpoint_format: 'marlin' }, /checkpoint_format "marlin"/],
    [{ quant_method: 'gptq', bits: 4, dynamic: { '.*': { bits: 8 } } }, /layers of several widths/],
    [{ quant_method: 'awq', bits: 4, version: 'gemv' }, /awq of version "gemv" is not read/],
    [{ quant_method: 'awq', bits: 3 }, /awq with 3 bits/],
    [{ quant_method: 'fp8', weight_block_size: [128] }, /weight_block_size/],
    [{ quant_method: 'fp8', weight_block_size: [0, 128] }, /weight_block_size/],
    [compressed({ format: 'nvfp4-pack-quantized' }), /format "nvfp4-pack-quantized" of compressed-tensors is not read/],
    [compressed({ sparsity_config: { format: 'sparse-24-bitmask' } }), /sparsity_config: format "sparse-24-bitmask"/],
    [compressed({ transform_config: { config_groups: { R1: {} } } }), /transform_config/],
    [compressed({ quantization_status: 'frozen' }), /quantization_status "frozen"/],
    [compressed(group({ num_bits: 4, type: 'float' })), /floats of 4 bits/],
    [compressed({ config_groups: {} }), /quantize no weights/],
    [compressed(group({ num_bits: 1e9 })), /num_bits/],
  ];
  it.each(refused)('%j is refused in one line', (value, expected) => {
    expect(() => readQuantization(value, 'config.json')).toThrow(expected);
    expect(() => readQuantization(value, 'config.json')).not.toThrow(/\n/);
  });
});
