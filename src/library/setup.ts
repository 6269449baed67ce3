import { probeSession } from '../backends/onnx/probe.js';
import { cudaFolder } from '../cuda/folders.js';
import { removeCuda, type SetupOptions, type SetupResult, setupCuda } from '../cuda/setup.js';
import { progressLines } from '../hub/progress-lines.js';

export { setupSummary } from '../cuda/setup.js';

/**
 * Brings the libraries that CUDA needs and tries them; `say` is told what is going on, line by line. Throws `UserError` when something cannot be fetched.
 */
export async function setUpCuda(options: Omit<SetupOptions, 'probe' | 'onProgress'>): Promise<SetupResult> {
  return setupCuda({ ...options, probe: probeSession, onProgress: progressLines(options.say) });
}

/**
 * Deletes everything that the set-up brought. Returns its folder and whether there was one.
 */
export async function tearDownCuda(): Promise<{ readonly folder: string; readonly removed: boolean }> {
  return { folder: cudaFolder(), removed: await removeCuda() };
}
