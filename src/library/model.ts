import { openBackend } from '../backends/open.js';
import { MODEL_CHECKS } from '../backends/options.js';
import { hearingWaits } from '../hub/waits.js';
import { type Checks, FUNCTION, NAME, type Optional, refuseAborted, SIGNAL } from '../options.js';
import type { OnProgress } from '../run/events.js';
import { type ModelOptions, modelOptionsOf } from '../run/options.js';
import type { Backend } from '../types.js';

export type OpenModelOptions = ModelOptions &
  Optional<{
    /** A folder, a hub name or `BACKEND:NAME`; without it the tiny bundled model. */
    model: string;
    signal: AbortSignal;
    onProgress: OnProgress;
  }>;

export const OPEN_MODEL_CHECKS: Checks<OpenModelOptions> = {
  ...MODEL_CHECKS,
  model: { ...NAME, expected: 'a folder, a hub name or BACKEND:NAME' },
  signal: SIGNAL,
  onProgress: FUNCTION,
};

/**
 * Opens a model; it can be asked many times and is to be closed in the end. Throws `UserError` when its name, its files or its options are not usable, and
 * `InterruptedError` when `signal` is aborted meanwhile.
 */
export async function openModel({ model, signal, onProgress = () => {}, ...given }: OpenModelOptions = {}): Promise<Backend> {
  refuseAborted(signal);
  const message = (text: string): void => onProgress({ kind: 'message', text });
  return hearingWaits(message, () =>
    openBackend(model ?? null, {
      ...modelOptionsOf(given),
      ...(signal === undefined ? {} : { signal }),
      onProgress: message,
      onWarning: (text) => onProgress({ kind: 'warning', text }),
    }),
  );
}
