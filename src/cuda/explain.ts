/** What a failure of CUDA means to a user, and what would mend it. */

export interface CudaFault {
  /** `driver`, `old driver` and `card` are no fault of what `setup cuda` brings. */
  readonly kind: 'driver' | 'old driver' | 'card' | 'memory' | 'library' | 'other';
  /** One line: what is missing, and what would mend it. */
  readonly message: string;
}

const SETUP = "run 'eus-eval setup cuda'";

/**
 * Reads a message of the dynamic linker, the CUDA runtime or ONNX Runtime. The numbers are those of `cudaError_t`.
 */
export function explainCuda(message: string): CudaFault {
  if (/libcuda\.so/.test(message)) {
    return {
      kind: 'driver',
      message:
        "NVIDIA's driver is missing (libcuda.so.1 not found): install the driver, or give the container the card (docker run --gpus all)",
    };
  }
  const number = Number(/CUDA (?:failure|error)[ :]*\(?(\d+)/i.exec(message)?.[1] ?? Number.NaN);
  if (number === 35 || number === 36 || /driver version is insufficient/i.test(message)) {
    return { kind: 'old driver', message: `NVIDIA's driver is too old for CUDA 13 (CUDA error ${Number.isNaN(number) ? 35 : number}): it must be version 580 or newer` };
  }
  if (number === 100 || /no CUDA-capable device/i.test(message)) {
    return { kind: 'card', message: 'no NVIDIA card can be used (CUDA error 100): check nvidia-smi and CUDA_VISIBLE_DEVICES' };
  }
  if (number === 101 || /invalid device ordinal/i.test(message)) {
    return { kind: 'card', message: 'there is no card of this number (CUDA error 101): nvidia-smi lists them; the first is cuda:0' };
  }
  if (number === 209 || /no kernel image/i.test(message)) {
    return {
      kind: 'card',
      message: 'this card is too old for ONNX Runtime with CUDA 13 (CUDA error 209): it must be of the Turing generation (2018) or newer',
    };
  }
  if (number === 2 || /out of memory|failed to allocate/i.test(message)) {
    return { kind: 'memory', message: 'the card has too little free memory (CUDA error 2): nvidia-smi shows who uses it' };
  }
  const library = /(?:^|[\s/])(lib[A-Za-z0-9_+.-]+\.so[.\d]*)/.exec(message)?.[1];
  if (library !== undefined && /cannot open shared object|not there|no such file/i.test(message)) {
    return { kind: 'library', message: `${library} is not there; ${SETUP}` };
  }
  if (/failed to load shared library/i.test(message))
    return { kind: 'library', message: `ONNX Runtime's CUDA library cannot be loaded; ${SETUP}` };
  // ONNX Runtime's messages go on with its C++ signatures, the name of this machine and lines of its sources.
  const core = /\b(?:CUDA|CUBLAS|CUDNN|CURAND) failure \d+: [^;]*/.exec(message)?.[0];
  const short = (core ?? message.replace(/\/\S+\.(?:cc|cu|h|cpp):\d+\s*/g, '')).trim();
  return { kind: 'other', message: short };
}
