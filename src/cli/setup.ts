/** `eus-eval setup`: arguments and printing only. */
import type { Command } from 'commander';
import { EXIT, UserError } from '../errors.js';
import { didYouMean } from '../suggest.js';
import type { AddCommand } from './arguments.js';
import { note, print } from './print.js';

interface SetupFlags {
  index?: string;
  wheels?: string;
  dryRun: boolean;
  system: boolean;
  remove: boolean;
}

const PARTS = ['cuda'];

/**
 * Adds `setup`.
 */
export const addSetup: AddCommand = (program, exit): Command =>
  program
    .command('setup')
    .description('bring what runs on NVIDIA cards need into a cache folder of its own (about 1.6 GB to fetch), and try it')
    .argument('[part]', 'cuda')
    .option('--index <url>', 'index of Python packages to fetch from (default: UV_DEFAULT_INDEX, PIP_INDEX_URL or PyPI)')
    .option('--wheels <dir>', 'folder with wheels that were fetched before; what it holds is not fetched')
    .option('--system', "use the system's CUDA 13 and cuDNN 9; only ONNX Runtime is fetched", false)
    .option('--dry-run', 'only say what would be fetched, and how much', false)
    .option('--remove', 'delete everything that setup brought', false)
    .action(async (part: string | undefined, flags: SetupFlags) => {
      if (part === undefined) throw new UserError('setup: say what; valid: cuda');
      if (!PARTS.includes(part)) throw new UserError(`setup ${part}: valid: cuda.${didYouMean(part, PARTS)}`);
      if (flags.remove && (flags.dryRun || flags.system || flags.index !== undefined || flags.wheels !== undefined))
        throw new UserError('--remove goes with no other option');
      const { setUpCuda, setupSummary, tearDownCuda } = await import('../library/setup.js');
      if (flags.remove) {
        const { folder, removed } = await tearDownCuda();
        return print(removed ? `removed ${folder}` : `nothing to remove: there is no ${folder}`);
      }
      const result = await setUpCuda({
        index: flags.index ?? null,
        wheels: flags.wheels ?? null,
        dryRun: flags.dryRun,
        system: flags.system,
        say: note,
      });
      const { line, mend } = setupSummary(result);
      print(line);
      if (mend) exit(EXIT.user);
    });
