/** What the reason says with which a server ended an answer. */
type Ending =
  | { readonly kind: 'answer'; readonly finish: 'stop' | 'length' }
  /** A content filter. */
  | { readonly kind: 'refused'; readonly message: string }
  /** The server broke off; the text so far is no answer. */
  | { readonly kind: 'failed'; readonly message: string };

const STOPPED = new Set(['stop', 'eos', 'eos_token', 'stop_sequence', 'end_turn', 'tool_calls', 'tool_use', 'function_call', 'complete']);
const CUT = new Set(['length', 'max_tokens', 'model_length', 'model_context_window_exceeded']);
/** Gemini writes the kind of filter behind the word. */
const FILTERED = /^(content_filter|sensitive|safety|refusal|recitation|prohibited_content)/;

/**
 * Reads a finish reason; null and absent ones count as "stop". A reason that is in no list is a failure: a text that broke off is not scored.
 */
export function readFinish(reason: string | null | undefined): Ending {
  const word = (reason ?? 'stop').toLowerCase();
  if (STOPPED.has(word)) return { kind: 'answer', finish: 'stop' };
  if (CUT.has(word)) return { kind: 'answer', finish: 'length' };
  const said = word.slice(0, 100);
  if (FILTERED.test(word)) return { kind: 'refused', message: `the provider filtered the answer (${said})` };
  return { kind: 'failed', message: `the server broke off (finish_reason ${said})` };
}
