/**
 * Loads the CUDA libraries into this process before the Node binding, without any variable that a user would have to set.
 *
 * The dynamic linker gives a library that is already loaded to whoever asks for it by its name (SONAME). So the libraries are opened one by one by their
 * paths, with the flag that keeps them; the binding then finds ONNX Runtime's library of the CUDA wheel in place of the one beside it, and that one
 * finds CUDA. Nothing in node_modules changes.
 */
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { messageOf } from '../errors.js';

/** `RTLD_NODELETE` of glibc: Node closes a library that is no addon again, and this keeps it. */
const RTLD_NODELETE = 0x1000;
/** What Node says of a library that was loaded and is no addon. */
const NO_ADDON = /did not self-register/i;

/**
 * Opens libraries of this machine for good. A library that needs another of the list may stand before it. Returns a message for each that cannot be
 * loaded, as the linker says it.
 */
export function loadLibraries(libraries: readonly string[]): string[] {
  let waiting = [...libraries];
  for (;;) {
    const failed: string[] = [];
    const messages: string[] = [];
    for (const library of waiting) {
      const message = loadOne(library);
      if (message === null) continue;
      failed.push(library);
      messages.push(message);
    }
    if (failed.length === 0 || failed.length === waiting.length) return messages;
    waiting = failed;
  }
}

/** Null when the library is loaded. */
export function loadOne(library: string): string | null {
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch (error) {
    const message = messageOf(error);
    return NO_ADDON.test(message) ? null : message;
  }
  return null;
}

/**
 * Returns the files of ONNX Runtime's main library that this process has loaded. More than one, or another than wanted, means that the process already
 * runs models on the CPU: then the binding is tied to that one.
 */
export function loadedRuntimes(): string[] {
  let maps: string;
  try {
    maps = readFileSync('/proc/self/maps', 'utf8');
  } catch {
    return [];
  }
  const files = maps.split('\n').flatMap((line) => /\s(\/\S.*)$/.exec(line)?.[1] ?? []);
  return [...new Set(files.filter((file) => /^libonnxruntime\.so/.test(path.basename(file))))];
}

/**
 * Makes this process ready for CUDA: loads `libraries` (ONNX Runtime's own last, as `findCuda` gives them). To be called before the binding is imported.
 *
 * Throws `Error` with one line that says what is missing.
 */
export function prepareCuda(libraries: readonly string[]): void {
  const runtime = libraries.find((file) => /^libonnxruntime\.so/.test(path.basename(file)));
  const before = loadedRuntimes();
  if (runtime !== undefined && before.some((file) => file !== runtime)) {
    throw new Error('this process already runs a model on the CPU; CUDA needs a process of its own');
  }
  const failed = loadLibraries(libraries);
  const driver = failed.length === 0 ? loadOne('libcuda.so.1') : null;
  const [message] = driver === null ? failed : [driver];
  if (message !== undefined) throw new Error(message);
}
