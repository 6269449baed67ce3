/** Whether WebGPU's device has float16 (the feature shader-f16): the runtime does not say, so one small session tries. */
import type { Probe } from '../cuda/probe-types.js';
import { UserError } from '../errors.js';
import { explainWebGpu, NO_FLOAT16, webGpuLine } from './explain.js';

/**
 * Returns whether the device can hold and widen float16. Throws `UserError` where no session can be opened at all.
 */
export async function hasFloat16(probe: Probe): Promise<boolean> {
  const { error } = await probe({ provider: 'webgpu', deviceId: 0, libraries: [], throughFloat16: true });
  if (error === null) return true;
  if (NO_FLOAT16.test(error)) return false;
  throw new UserError(`--device webgpu: ${webGpuLine(explainWebGpu(error))}`);
}
