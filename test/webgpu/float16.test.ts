import { describe, expect, it } from 'vitest';
import { probeSession } from '../../src/backends/onnx/probe.js';
import { packagePath } from '../../src/package-files.js';
import { hasFloat16 } from '../../src/webgpu/float16.js';
import { openModel } from '../backends/onnx/compare.js';
import { SOFTWARE_GPU } from '../software-gpu.js';

const probe = (error: string | null) => async () => ({ error, runtime: null, seconds: 0 });

describe('whether the device has float16', () => {
  it('follows from a trial session; a device that cannot be opened is an error and not a no', async () => {
    expect(await hasFloat16(probe(null))).toBe(true);
    expect(await hasFloat16(probe('Program Cast requires f16 but the device does not support it.'))).toBe(false);
    await expect(hasFloat16(probe('Failed to get a WebGPU adapter: not found'))).rejects.toThrow(/^--device webgpu: no graphics card/);
  });

  it.skipIf(SOFTWARE_GPU === null || !/swiftshader/.test(SOFTWARE_GPU))(
    'without it --dtype float16 is refused in one line',
    async () => {
      expect(await hasFloat16(probeSession)).toBe(false);
      const opened = openModel(packagePath('fixtures/models/tiny-llama'), { device: 'webgpu', dtype: 'float16', unchecked: true });
      await expect(opened).rejects.toThrow(/^--device webgpu: this device does not compute in float16; leave out --dtype float16$/);
    },
    60_000,
  );
});
