import type { ServerError } from './http.js';

/**
 * Parameters of a request that a server refused, learnt from its own 400 answers and never from a model's name. Each is dropped or renamed once and recorded.
 * A refused value is no refused parameter: it changes nothing for other requests.
 */
export interface Parameters {
  /** Counts changes: a request that was made with an older version is worth sending again. */
  readonly version: number;
  /** The body's own parameters as the server takes them. */
  apply(parameters: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Looks for a parameter in a refusal. `changed`: for the next request; else the name of the parameter whose value was refused, or null. */
  learn(error: ServerError, sent: Readonly<Record<string, unknown>>): { readonly changed: boolean; readonly refusedValue: string | null };
  /** Whether a parameter is sent no more, under no name. */
  isDropped(name: string): boolean;
  /** For results, e.g. `["temperature: dropped", "max_tokens: renamed max_completion_tokens"]`. */
  readonly changes: readonly string[];
}

/** Signs that a server does not know or take a parameter, whatever its value. */
const UNSUPPORTED =
  /not support|unsupported|unrecognized|unknown|unexpected|not (be )?(permitted|allowed|accepted)|extra (inputs|fields)|deprecated|no longer|(?<!\bgot [^.]*)instead|cannot be used|not take|invalid (parameter|argument|field)/i;
/** Codes of a value outside its range, whatever the message says besides. */
const OUT_OF_RANGE = /below_min|above_max|out_of_range|too_(small|large|low|high)/;
/** Signs that it refuses a value. */
const VALUE =
  /too (small|large|low|high)|below|above|minimum|maximum|at (least|most)|less than|greater than|between|higher|lower|raise|>=|<=|_value\b/i;

/**
 * Returns the memory of refused parameters. `mendable` names the parameters that may be dropped, with the names to try instead, in order.
 */
export function createParameters(mendable: Readonly<Record<string, readonly string[]>>): Parameters {
  const names = new Map<string, string | null>();
  const changes: string[] = [];
  const nameOf = (name: string): string | null => names.get(name) ?? (names.has(name) ? null : name);
  return {
    get version() {
      return changes.length;
    },
    changes,
    isDropped: (name) => nameOf(name) === null,
    apply(parameters) {
      const result: Record<string, unknown> = {};
      for (const [name, value] of Object.entries(parameters)) {
        const taken = nameOf(name);
        if (taken !== null) result[taken] = value;
      }
      return result;
    },
    learn(error, sent) {
      let refusedValue: string | null = null;
      for (const [name, others] of Object.entries(mendable)) {
        const current = nameOf(name);
        if (current === null || !(current in sent)) continue;
        if (error.param === '' ? !mentions(error.message, current) : error.param !== current) continue;
        const unsupported = /unsupported|unknown_param/.test(error.code) || UNSUPPORTED.test(error.message);
        if (!unsupported || OUT_OF_RANGE.test(error.code)) {
          if (VALUE.test(error.message) || VALUE.test(error.code)) refusedValue ??= name;
          continue;
        }
        // A rename that the server itself proposes comes first; otherwise the parameter goes.
        const rename = others.find((other) => other !== current && mentions(error.message, other));
        names.set(name, rename ?? null);
        changes.push(rename === undefined ? `${current}: dropped` : `${current}: renamed ${rename}`);
        return { changed: true, refusedValue: null };
      }
      return { changed: false, refusedValue };
    },
  };
}

/** True when a text names a parameter as a word of its own. */
function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`).test(text);
}
