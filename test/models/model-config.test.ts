import { describe, expect, it } from 'vitest';
import { blueprintOf } from '../../src/backends/onnx/architectures/index.js';
import { parseModelConfig } from '../../src/models/model-config.js';

const base = {
  architectures: ['Qwen2ForCausalLM'],
  model_type: 'qwen2',
  hidden_size: 32,
  intermediate_size: 48,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  vocab_size: 100,
};

describe('config.json', () => {
  it('a refusal names the field in words of its own', () => {
    const refusal = (change: object): string => {
      try {
        parseModelConfig({ ...base, ...change }, 'config.json');
      } catch (error) {
        return error instanceof Error ? error.message : '';
      }
      return '';
    };
    expect(refusal({ num_hidden_layers: 0 })).toBe('config.json: num_hidden_layers is 0; valid is a number above 0');
    expect(refusal({ hidden_size: null })).toBe('config.json: hidden_size is null; valid is a number');
    expect(refusal({ rms_norm_eps: 'small' })).toBe('config.json: rms_norm_eps is "small"; valid is a number');
    expect(refusal({ layer_types: 'full_attention' })).toBe('config.json: layer_types is "full_attention"; valid is a list');
    expect(refusal({ model_type: 'mamba2', architectures: ['Mamba2ForCausalLM'] })).toMatch(
      /^config\.json: model_type "mamba2", architecture "Mamba2ForCausalLM" is not supported; docs\/models\.md lists the \d+ model types that are\. .*--model completions:NAME --base-url URL/,
    );
    expect(refusal({ model_type: 'mamba', architectures: null, intermediate_size: null })).toMatch(
      /^config\.json: model_type "mamba" is not supported/,
    );
    expect(refusal({ sliding_window: 0 })).toBe('');
    expect(refusal({ architectures: null })).toBe('');
    expect(refusal({ architectures: ['Qwen2Model'] })).toBe('');
    expect(refusal({ architectures: ['MambaForCausalLM'] })).toMatch(/"MambaForCausalLM" is not supported/);
  });

  it('means the defaults of its class where it is silent, and nothing where it says what the class does not know', () => {
    const of = (more: object): ReturnType<typeof parseModelConfig> => parseModelConfig({ ...base, ...more }, 'config.json');
    expect(of({}).maxLength).toBe(32_768);
    expect(of({ model_type: 'llama' }).maxLength).toBe(2048);
    expect(of({ model_type: 'mistral' }).maxLength).toBe(131_072);
    expect(of({ model_type: 'gemma2' })).toMatchObject({ maxLength: 8192, tiedEmbeddings: true, eosTokenIds: [1] });
    expect(of({ model_type: 'llama', hidden_activation: 'gelu' }).activation).toBe('silu');
    expect(of({ model_type: 'gemma2', hidden_act: 'silu' }).activation).toBe('gelu_pytorch_tanh');
    const layer_types = ['full_attention', 'sliding_attention'];
    expect(of({ model_type: 'llama', layer_types }).slidingLayers).toBeNull();
    expect(of({ model_type: 'mistral', layer_types }).slidingLayers).toEqual([false, true]);
    expect(() => of({ model_type: 'llama', layer_types: ['full_attention'] })).toThrow('layer_types has 1 entries for 2 layers');
    const scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4 };
    expect(of({ rope_scaling: scaling, max_position_embeddings: 77 }).rope).toMatchObject({ originalMaxPosition: 77 });
  });

  it('a rotation with another number of factors than pairs that turn is refused, as torch would', () => {
    const of = (count: number) => {
      const factors = Array.from({ length: count }, () => 1);
      const rope_scaling = { rope_type: 'longrope', short_factor: factors, long_factor: factors, original_max_position_embeddings: 64 };
      return blueprintOf(parseModelConfig({ ...base, model_type: 'phi3', rope_scaling }, 'config.json'));
    };
    expect(of(4).blocks).toHaveLength(2);
    expect(() => of(3)).toThrow('config.json: rope_scaling: short_factor has 3 numbers; valid are 4, one for each pair that turns');
  });
});
