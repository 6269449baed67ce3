/** Which graphics card WebGPU would find, as far as that can be told without opening it: the runtime does not say. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { cpus, release } from 'node:os';
import path from 'node:path';
import type { Env } from '../cache-folders.js';
import { visibleCards } from '../cuda/cards.js';

/** Name of the card where none is seen; WebGPU may find one all the same. */
export const NO_CARD = 'none';

export interface Adapter {
  /** `software`: a device made of software, used only where it is asked for by name. */
  readonly kind: 'card' | 'software' | 'none';
  readonly name: string;
  /** Version of the driver, or of the system that it comes with. */
  readonly driver: string;
  /** What WebGPU stands on here. */
  readonly backend: 'Vulkan' | 'Metal' | 'D3D12';
}

/** What is read; a test replaces it. */
export interface AdapterReader {
  readonly env: Env;
  readonly platform: string;
  readonly release: string;
  readonly cpu: string;
  /** Vendor (`0x1002`) and kernel driver (`amdgpu`) of each card that can be drawn with. */
  readonly renderers: () => readonly { readonly vendor: string; readonly driver: string }[];
  readonly nvidia: typeof visibleCards;
}

/** Numbers of the PCI list of vendors. */
const VENDORS: Readonly<Record<string, string>> = {
  '0x1002': 'AMD',
  '0x10de': 'NVIDIA',
  '0x8086': 'Intel',
  '0x106b': 'Apple',
  '0x5143': 'Qualcomm',
};
/** Names of drivers that draw with the processor. */
const SOFTWARE = /lvp|lavapipe|llvmpipe|swiftshader/i;

/** This machine. */
function thisAdapterReader(env: Env = process.env): AdapterReader {
  return { env, platform: process.platform, release: release(), cpu: cpus()[0]?.model ?? 'unknown', renderers, nvidia: visibleCards };
}

function renderers(root = '/sys/class/drm'): { vendor: string; driver: string }[] {
  try {
    return readdirSync(root)
      .filter((name) => name.startsWith('renderD'))
      .sort()
      .map((name) => ({
        vendor: readFileSync(path.join(root, name, 'device/vendor'), 'utf8').trim(),
        driver: path.basename(readlinkSync(path.join(root, name, 'device/driver'))),
      }));
  } catch {
    // A system without such a folder, or a card without what is asked: it cannot be told.
    return [];
  }
}

/**
 * Returns the adapter that WebGPU would find. Never throws. On Linux the variables that name Vulkan's drivers decide first, then the kernel's list of cards.
 */
export function findAdapter(reader: AdapterReader = thisAdapterReader()): Adapter {
  const { env, platform } = reader;
  if (platform === 'darwin')
    return { kind: 'card', name: `graphics of ${reader.cpu}`, driver: `Darwin ${reader.release}`, backend: 'Metal' };
  if (platform === 'win32')
    return { kind: 'card', name: 'the first card of Windows', driver: `Windows ${reader.release}`, backend: 'D3D12' };
  const named = env.VK_DRIVER_FILES ?? env.VK_ICD_FILENAMES ?? '';
  if (SOFTWARE.test(named)) return { kind: 'software', name: `software (${path.basename(named)})`, driver: named, backend: 'Vulkan' };
  const { cards, driver } = reader.nvidia();
  const [nvidia] = cards;
  if (nvidia !== undefined) return { kind: 'card', name: nvidia.name, driver: driver ?? 'unknown', backend: 'Vulkan' };
  const [first] = reader.renderers().filter(({ vendor }) => VENDORS[vendor] !== undefined);
  if (first === undefined) return { kind: 'none', name: NO_CARD, driver: 'none', backend: 'Vulkan' };
  return {
    kind: 'card',
    name: `${VENDORS[first.vendor]} (${first.driver})`,
    driver: `${first.driver} of Linux ${reader.release}`,
    backend: 'Vulkan',
  };
}
