/** What a failure of CUDA means to a user, and what would mend it. */

export interface CudaFault {
  /** `driver`, `old driver` and `card` are no fault of what `setup cuda` brings. */
  readonly kind: 'driver' | 'old driver' | 'card' | 'memory' | 'library' | 'other';
  readonly what: string;
  /** What would mend it; null where nobody can say. */
  readonly mend: string | null;
}

/** What to do about missing libraries. */
export const SETUP = "run 'eus-eval setup cuda'";
/** What to do where the driver does not show itself. */
export const INSTALL_DRIVER = 'install the driver, or give the container the card (docker run --gpus all)';

/** The fault of a library that is not there. */
export function missingLibrary(name: string): CudaFault {
  return { kind: 'library', what: `${name} is not there`, mend: SETUP };
}

/** The fault on one line. */
export function faultLine({ what, mend }: CudaFault): string {
  return mend === null ? what : `${what}; ${mend}`;
}

/** Numbers of `cudaError_t` that have a meaning for users. */
const ERRORS: Readonly<Record<number, (number: number) => CudaFault>> = {
  2: (n) => ({ kind: 'memory', what: `the card has too little free memory (CUDA error ${n})`, mend: 'nvidia-smi shows who uses it' }),
  35: oldDriver,
  36: oldDriver,
  100: (n) => ({ kind: 'card', what: `no NVIDIA card can be used (CUDA error ${n})`, mend: 'check nvidia-smi and CUDA_VISIBLE_DEVICES' }),
  101: (n) => ({
    kind: 'card',
    what: `there is no card of this number (CUDA error ${n})`,
    mend: 'nvidia-smi lists them; the first is cuda:0',
  }),
  209: (n) => ({
    kind: 'card',
    what: `this card is too old for ONNX Runtime with CUDA 13 (CUDA error ${n})`,
    mend: 'it must be of the Turing generation (2018) or newer',
  }),
  804: oldDriver,
};

function oldDriver(number: number): CudaFault {
  return {
    kind: 'old driver',
    what: `NVIDIA's driver is too old for CUDA 13 (CUDA error ${number})`,
    mend: 'install version 580 or newer',
  };
}

/**
 * Reads a message of the dynamic linker, the CUDA runtime or ONNX Runtime.
 */
export function explainCuda(message: string): CudaFault {
  const number = Number(/\bCUDA (?:failure|error)[ :]*\(?(\d+)/i.exec(message)?.[1]);
  const known = ERRORS[number];
  if (known !== undefined) return known(number);
  if (/libcuda\.so/.test(message))
    return { kind: 'driver', what: "NVIDIA's driver is missing (libcuda.so.1 not found)", mend: INSTALL_DRIVER };
  if (/failed to allocate memory|CUDA out of memory/i.test(message)) {
    return { kind: 'memory', what: 'the card has too little free memory', mend: 'nvidia-smi shows who uses it' };
  }
  const library = /(?:^|[\s/])(lib[A-Za-z0-9_+.-]+\.so[.\d]*)/.exec(message)?.[1];
  if (library !== undefined && /cannot open shared object/i.test(message)) return missingLibrary(library);
  if (/failed to load shared library/i.test(message))
    return { kind: 'library', what: "ONNX Runtime's CUDA library cannot be loaded", mend: SETUP };
  // ONNX Runtime's messages go on with its C++ signatures, the name of this machine and lines of its sources.
  const core = /\b(?:CUDA|CUBLAS|CUDNN|CURAND) failure \d+: [^;]*/.exec(message)?.[0];
  return { kind: 'other', what: (core ?? message.replace(/\/\S+\.(?:cc|cu|h|cpp):\d+\s*/g, '')).trim(), mend: null };
}
