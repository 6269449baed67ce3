/** A graphics card made of software, for tests of WebGPU on machines without one. */
import { existsSync, readFileSync } from 'node:fs';

/** Drivers, the best first: Mesa's lavapipe (Dawn refuses that of Debian 12), and SwiftShader from Debian's chromium-common. */
function driver(): string | null {
  const given = process.env.VK_DRIVER_FILES ?? process.env.VK_ICD_FILENAMES;
  if (given !== undefined) return given;
  const debian = existsSync('/etc/debian_version') ? Number.parseInt(readFileSync('/etc/debian_version', 'utf8'), 10) : 0;
  const lavapipe = ['/usr/share/vulkan/icd.d/lvp_icd.json', '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json'].find((file) => existsSync(file));
  if (debian >= 13 && lavapipe !== undefined) return lavapipe;
  const swiftshader = '/usr/lib/chromium/vk_swiftshader_icd.json';
  return existsSync(swiftshader) ? swiftshader : null;
}

const loader = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/aarch64-linux-gnu/libvulkan.so.1'].some((file) => existsSync(file));

/** The driver's file, for `VK_DRIVER_FILES`; null where there is no such device. */
export const SOFTWARE_GPU: string | null = loader && process.platform === 'linux' ? driver() : null;

if (SOFTWARE_GPU === null)
  console.log(
    'skipped: tests on WebGPU (no Vulkan device made of software: mesa-vulkan-drivers on Debian 13, chromium-common on Debian 12, and libvulkan1)',
  );
else
  Object.assign(process.env, {
    VK_DRIVER_FILES: SOFTWARE_GPU,
    VK_ICD_FILENAMES: SOFTWARE_GPU,
    XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? '/tmp',
  });
