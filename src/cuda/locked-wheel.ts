/** The wheels that CUDA needs: constants of a release of ONNX Runtime, in `cuda-wheels.json` as `scripts/lock-cuda.js` writes it. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { UserError } from '../errors.js';
import { packagePath } from '../package-files.js';

const LockedWheel = z.object({
  /** Name of the package, as an index calls it. */
  name: z.string(),
  version: z.string(),
  /** Name of the file, the same in every index. */
  file: z.string(),
  /** Bytes of the file. */
  size: z.number(),
  /** Of the file, in hexadecimal. It decides, wherever the file comes from. */
  sha256: z.string(),
  /** Bytes of its libraries when unpacked. */
  unpackedBytes: z.number(),
});
export type LockedWheel = Readonly<z.infer<typeof LockedWheel>>;

const WheelsLock = z.object({
  /** The version of onnxruntime-node that the wheels belong to. */
  onnxruntime: z.string(),
  /** The glibc that all of them run on, as [major, minor]. */
  glibc: z.tuple([z.number(), z.number()]),
  /** ONNX Runtime's own wheel first, then NVIDIA's. */
  wheels: z.array(LockedWheel),
});
export type WheelsLock = Readonly<z.infer<typeof WheelsLock>>;

/** Returns the wheels of this release, as they lie on PyPI. */
export function readLock(): WheelsLock {
  return WheelsLock.parse(JSON.parse(readFileSync(packagePath('cuda-wheels.json'), 'utf8')));
}

/** The package of ONNX Runtime for CUDA; all others are NVIDIA's. */
export const RUNTIME_PACKAGE = 'onnxruntime-gpu';

/**
 * Returns the wheels to have, only ONNX Runtime's own with `runtimeOnly`. Throws `UserError` where they do not belong to the installed onnxruntime-node or
 * need a newer glibc than this machine's.
 */
export function lockedWheels(
  lock: WheelsLock,
  here: { readonly version: string; readonly glibc: readonly [number, number]; readonly runtimeOnly: boolean },
): readonly LockedWheel[] {
  if (here.version !== lock.onnxruntime) {
    throw new UserError(
      `setup cuda: the libraries for onnxruntime-node ${lock.onnxruntime} are known, but ${here.version} is installed; run 'npm install onnxruntime-node@${lock.onnxruntime}'`,
    );
  }
  const [major, minor] = lock.glibc;
  if (here.glibc[0] < major || (here.glibc[0] === major && here.glibc[1] < minor)) {
    throw new UserError(
      `setup cuda: CUDA's libraries need glibc ${lock.glibc.join('.')} or newer, and this machine has ${here.glibc.join('.')}`,
    );
  }
  return here.runtimeOnly ? lock.wheels.filter(({ name }) => name === RUNTIME_PACKAGE) : lock.wheels;
}
