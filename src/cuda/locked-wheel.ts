/** What is known beforehand of the wheels that CUDA needs: constants of a release of ONNX Runtime, see `wheels-lock.ts`. */
import { UserError } from '../errors.js';

export interface LockedWheel {
  /** Name of the package, as an index calls it. */
  readonly name: string;
  readonly version: string;
  /** Name of the file, the same in every index. */
  readonly file: string;
  /** Bytes of the file. */
  readonly size: number;
  /** Of the file, in hexadecimal. It decides, wherever the file comes from. */
  readonly sha256: string;
  /** Bytes of its libraries when unpacked. */
  readonly unpackedBytes: number;
}

export interface WheelsLock {
  /** The version of onnxruntime-node that the wheels belong to. */
  readonly onnxruntime: string;
  /** The glibc that all of them run on, as [major, minor]. */
  readonly glibc: readonly [number, number];
  /** ONNX Runtime's own wheel first, then NVIDIA's. */
  readonly wheels: readonly LockedWheel[];
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
