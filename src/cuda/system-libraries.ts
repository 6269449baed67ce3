/** NVIDIA's libraries that the system has: in `LD_LIBRARY_PATH`, in the loader's cache, or where CUDA installs itself. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { Env } from '../cache-folders.js';

/**
 * What ONNX Runtime's CUDA provider needs: the first four are named in the library itself (`readelf -d`, onnxruntime-gpu 1.30.0), the others are loaded
 * on demand.
 */
const CUDA_LIBRARIES = [
  'libcudart.so.13',
  'libcublasLt.so.13',
  'libcublas.so.13',
  'libcurand.so.10',
  'libnvrtc.so.13',
  'libcufft.so.12',
  'libcudnn.so.9',
] as const;

/** NVIDIA's driver; never part of a package of libraries. */
export const DRIVER_LIBRARY = 'libcuda.so.1';

/**
 * Returns the absolute paths of the CUDA libraries that the system has, and the names of those that it does not have.
 */
export function systemLibraries(env: Env = process.env): { readonly found: string[]; readonly missing: string[] } {
  const found: string[] = [];
  const missing: string[] = [];
  for (const name of CUDA_LIBRARIES) {
    const file = systemLibrary(name, env);
    if (file === null) missing.push(name);
    else found.push(file);
  }
  return { found, missing };
}

/** Path of one library of the system by the name under which it is loaded, or null. */
export function systemLibrary(name: string, env: Env = process.env): string | null {
  const folders = [...(env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => path.isAbsolute(folder)), ...toolkits(env), ...USUAL];
  const inFolder = folders.map((folder) => path.join(folder, name)).find((file) => existsSync(file));
  return inFolder ?? loaderCache().get(name) ?? null;
}

const USUAL = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib/wsl/lib'];

function toolkits(env: Env): string[] {
  const roots = readFolder('/usr/local').filter((name) => /^cuda(?:-13[.\d]*)?$/.test(name));
  const named = [env.CUDA_HOME, env.CUDA_PATH].filter((folder) => folder !== undefined && path.isAbsolute(folder));
  return [...named, ...roots.map((name) => path.join('/usr/local', name))].flatMap((root) => [
    path.join(root ?? '', 'lib64'),
    path.join(root ?? '', 'targets/x86_64-linux/lib'),
  ]);
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

let cache: Map<string, string> | null = null;

/** What `ldconfig -p` lists, by name. */
function loaderCache(): ReadonlyMap<string, string> {
  if (cache === null) {
    cache = new Map();
    for (const program of ['/sbin/ldconfig', '/usr/sbin/ldconfig']) {
      if (!existsSync(program)) continue;
      const { stdout } = spawnSync(program, ['-p'], { encoding: 'utf8', timeout: 10_000, maxBuffer: 64 * 1024 * 1024 });
      for (const match of (stdout ?? '').matchAll(/^\s*(\S+) \([^)]*x86-64[^)]*\) => (\S+)$/gm)) {
        if (match[1] !== undefined && match[2] !== undefined && !cache.has(match[1])) cache.set(match[1], match[2]);
      }
      break;
    }
  }
  return cache;
}
