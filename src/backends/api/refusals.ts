import type { ServerError } from './http.js';

/**
 * Parameters of a request that a server refused, learnt from its own 400 answers and never from a model's name. Each is dropped or renamed once and recorded.
 */
export interface Parameters {
  /** Counts changes: a request that was made with an older version is worth sending again. */
  readonly version: number;
  /** The body's own parameters as the server takes them. */
  apply(parameters: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Looks for a parameter in a refusal. Returns true when something was changed for the next request. */
  learn(error: ServerError, sent: Readonly<Record<string, unknown>>): boolean;
  /** For results, e.g. `["temperature: dropped", "max_tokens: renamed max_completion_tokens"]`. */
  readonly changes: readonly string[];
}

/**
 * Returns the memory of refused parameters. `mendable` names the parameters that may be dropped, with the names to try instead, in order.
 */
export function createParameters(mendable: Readonly<Record<string, readonly string[]>>): Parameters {
  const names = new Map<string, string | null>();
  const changes: string[] = [];
  return {
    get version() {
      return changes.length;
    },
    changes,
    apply(parameters) {
      const result: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(parameters)) {
        const taken = names.has(name) ? names.get(name) : name;
        if (typeof taken === 'string') result[taken] = value;
      }
      return result;
    },
    learn(error, sent) {
      for (const [name, others] of Object.entries(mendable)) {
        const current = names.has(name) ? names.get(name) : name;
        if (typeof current !== 'string' || !(current in sent)) continue;
        if (error.param !== current && !mentions(error.message, current)) continue;
        // A rename that the server itself proposes comes first; otherwise the parameter goes.
        const rename = others.find((other) => other !== current && mentions(error.message, other));
        names.set(name, rename ?? null);
        changes.push(rename === undefined ? `${current}: dropped` : `${current}: renamed ${rename}`);
        return true;
      }
      return false;
    },
  };
}

/** True when a text names a parameter as a word of its own. */
function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`).test(text);
}
