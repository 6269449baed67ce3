import { UserError } from '../../errors.js';
import { peerVersion } from '../../version.js';
import { field } from './http.js';

/** Optional packages, as `peerDependencies` of package.json names them. */
export type OptionalPackage = 'openai' | '@anthropic-ai/sdk';

/**
 * Loads an optional package. Returns it with its name and the version this program was made for.
 * Throws `UserError` with the exact install command when it is missing.
 */
export async function loadPackage<M>(
  name: OptionalPackage,
  load: () => Promise<M>,
): Promise<{ readonly module: M; readonly client: string }> {
  const wanted = peerVersion(name) ?? 'latest';
  try {
    return { module: await load(), client: `${name} ${wanted}` };
  } catch (error) {
    const code = field(error, 'code');
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new UserError(`this model needs the package ${name}, which is not installed: npm install ${name}@${wanted}`);
  }
}
