/** Where the runtime computed the operators of a session, from the profile that it writes when `EUS_EVAL_TEST_PROFILE` is set. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Returns how many nodes ran on the card, and the operators (with how often each ran) of those that did not, from the profiles whose names begin with `prefix`. */
export function operatorsOnHost(prefix: string): { readonly onCard: number; readonly onHost: ReadonlyMap<string, number> } {
  const onHost = new Map<string, number>();
  let onCard = 0;
  const folder = path.dirname(prefix);
  for (const name of readdirSync(folder).filter((file) => file.startsWith(path.basename(prefix)))) {
    const events: { cat: string; args?: { provider?: string; op_name?: string } }[] = JSON.parse(
      readFileSync(path.join(folder, name), 'utf8'),
    );
    for (const { cat, args } of events) {
      if (cat !== 'Node' || args?.provider === undefined) continue;
      const operator = args.op_name ?? '';
      if (args.provider === 'WebGpuExecutionProvider') onCard++;
      else onHost.set(operator, (onHost.get(operator) ?? 0) + 1);
    }
  }
  return { onCard, onHost };
}
