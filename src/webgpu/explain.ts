/** What the runtime's messages about WebGPU mean, and what would mend it. */

export interface WebGpuFault {
  readonly what: string;
  readonly mend: string | null;
}

const DRIVER: Readonly<Record<string, string>> = {
  linux:
    'install the Vulkan driver of the card (mesa-vulkan-drivers for AMD and Intel, the NVIDIA driver) and libvulkan1; vulkaninfo must list it',
  darwin: 'Metal comes with macOS: a virtual machine may have none',
  win32: 'install the current driver of the card',
};

/** What the runtime says where a kernel needs float16 and the device has none. */
export const NO_FLOAT16 = /requires f16|shader-?f16/i;

/** What the runtime, Dawn and the drivers say when the device is gone, and what is said of the process that drives it. */
export const DEVICE_LOST = /device (was |is )?lost|DXGI_ERROR_DEVICE|VK_ERROR_DEVICE_LOST|device's process/i;

/** First line of a message, for what is not known here. */
const firstLine = (message: string): string => message.split('\n')[0]?.slice(0, 300) ?? message;

/**
 * Returns what a message of ONNX Runtime or Dawn says about the device, in one line. `mend` is null where nothing is known.
 */
export function explainWebGpu(message: string, platform: string = process.platform): WebGpuFault {
  if (/webgpu adapter|No supported adapters|vulkan/i.test(message) && /fail|not|unable/i.test(message))
    return { what: 'no graphics card that WebGPU can use was found', mend: DRIVER[platform] ?? null };
  if (NO_FLOAT16.test(message)) return { what: 'this device does not compute in float16', mend: 'leave out --dtype float16' };
  if (DEVICE_LOST.test(message))
    return {
      what: `the device was lost (${firstLine(message)})`,
      mend: 'run the same command again: it goes on where it was; --device cpu needs no device',
    };
  if (/out of memory|failed to allocate|OOM/i.test(message))
    return { what: 'the memory of the card does not suffice', mend: '--device cpu' };
  if (/webgpu.*(not|unknown|unsupported)|not supported.*webgpu|no available backend/i.test(message))
    return { what: 'the installed ONNX Runtime has no WebGPU for this system', mend: '--device cpu' };
  return { what: firstLine(message), mend: null };
}

/** Fault and remedy in one line. */
export function webGpuLine({ what, mend }: WebGpuFault): string {
  return mend === null ? what : `${what}; ${mend}`;
}
