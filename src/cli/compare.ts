/** `eus-eval compare`: arguments and printing only. */
import { EXIT } from '../errors.js';
import { screenOf } from '../terminal/screen.js';
import { type AddCommand, wholeNumber } from './arguments.js';
import { COMPARISON_OPTION, type ComparisonFlags } from './comparison-flags.js';
import { note, printJson } from './print.js';

interface CompareFlags extends ComparisonFlags {
  flips?: number | true;
}

/**
 * Adds `compare`.
 */
export const addCompare: AddCommand = (program, exit) =>
  program
    .command('compare')
    .description('compare two runs document by document, per benchmark and language')
    .argument('<base>', 'a folder of results of one model, a result file, a stored baseline, or FOLDER/MODEL')
    .argument('<candidate>', 'the same for the run that is judged')
    .option(...COMPARISON_OPTION.in)
    .option(
      '--flips [count]',
      'show the documents that flipped, with prompt and answers (10 of each benchmark unless told)',
      wholeNumber(1),
    )
    .option(...COMPARISON_OPTION.allow)
    .option(...COMPARISON_OPTION.seed)
    .option(...COMPARISON_OPTION.rounds)
    .option(...COMPARISON_OPTION.json)
    .action(async (base: string, candidate: string, flags: CompareFlags) => {
      const { compare } = await import('../library/compare.js');
      const { comparisonJson, comparisonText, flipsText, refusalMessage } = await import('../compare/print.js');
      const { flipped, ...comparison } = await compare({
        base,
        candidate,
        inside: flags.in,
        allow: flags.allow,
        seed: flags.seed,
        rounds: flags.rounds,
        flips: flags.flips === true ? 10 : flags.flips,
      });
      if (flags.json) printJson({ ...comparisonJson(comparison), ...(flipped === null ? {} : { flips: flipped }) });
      else
        process.stdout.write(`${comparisonText(comparison, screenOf(process.stdout))}${flipped === null ? '' : `\n${flipsText(flipped)}`}`);
      const refusal = refusalMessage(comparison);
      if (refusal === null) return;
      note(`eus-eval: ${refusal}`);
      exit(EXIT.user);
    });
