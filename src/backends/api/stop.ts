import { beginsInThought } from '../../thought.js';
import type { GenerateRequest } from '../../types.js';

/**
 * Returns the stop strings that are sent to a server. None where a thought is awaited (`--thinking`, a prompt that opens it, or, as `thinks` says, an
 * earlier answer of this server): there they would end the thought. All of them are cut on our side anyway, since some servers know only four or none.
 */
export function stopsToSend({ until, thought, context }: GenerateRequest, thinks: boolean): readonly string[] {
  return thought !== undefined && (thinks || thought.awaited || beginsInThought(context, thought)) ? [] : until;
}
