/** `eus-eval curve`: arguments and printing only. */
import { UserError } from '../errors.js';
import { byModelJson, byModelTable } from '../results/by-model.js';
import { screenOf } from '../terminal/screen.js';
import { type AddCommand, folderName } from './arguments.js';
import { note, print, printJson } from './print.js';

/**
 * Adds `curve`.
 */
export const addCurve: AddCommand = (program) =>
  program
    .command('curve')
    .description('scores of models side by side, and the learning curve of checkpoints')
    .argument('<dirs...>', 'folders of result files, searched recursively')
    .option('-o, --out <file>', 'write the curve with 95 % intervals there (SVG)', folderName)
    .option('--json', 'print one JSON document', false)
    .action(async (dirs: readonly string[], flags: { out?: string; json: boolean }) => {
      const { readResults } = await import('../library/results.js');
      const { modelRows, writeCurve } = await import('../library/curve.js');
      const rows = await modelRows(await readResults({ from: dirs }));
      if (flags.json) printJson(byModelJson(rows));
      else print(byModelTable(rows, screenOf(process.stdout)));
      if (flags.out === undefined) {
        const steps = new Set(rows.rows.map(({ step }) => step)).size > 1;
        if (steps && !flags.json) note('--out curve.svg draws the learning curve, too');
        return;
      }
      if (!(await writeCurve(rows, flags.out)))
        throw new UserError(
          `no two checkpoints of one series below ${dirs.join(', ')}: the name of a model must tell its step, ` +
            'as in NAME@step-1000 or run/checkpoint-500',
        );
      note(`curve: ${flags.out}`);
    });
