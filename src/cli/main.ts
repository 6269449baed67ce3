import { Command, CommanderError, Help } from 'commander';
import { at } from '../at.js';
import { EXIT, messageOf, systemCode, UserError } from '../errors.js';
import { hearingWaits } from '../hub/waits.js';
import { didYouMean } from '../suggest.js';
import { VERSION } from '../version.js';
import { commandGroups } from './commands.js';
import { harnessOptionHint, translateRun } from './harness-options.js';
import { quoted } from './print.js';

/**
 * Runs the command line and returns the exit code; never throws. Arguments exclude `node` and the script.
 *
 * Standard output is for the result, standard error for progress, warnings and errors.
 */
export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = new Command('eus-eval')
    .description('Evaluation of Basque, English and Spanish language models.')
    .version(VERSION)
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });
  for (const { heading, commands } of commandGroups) {
    program.commandsGroup(heading);
    for (const command of commands)
      settle(
        command(program, (code) => {
          exitCode = code;
        }),
      );
  }
  // Where progress and warnings go (a closed terminal, a log on a full disk) must not cost the run its results.
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => undefined);
  // A pipe that closes early (`| head`) is no error of ours.
  if (process.stdout.listenerCount('error') === 0) {
    process.stdout.on('error', (error) => {
      if (systemCode(error) === 'EPIPE') process.exit(exitCode);
      process.stderr.write(`eus-eval: standard output cannot be written: ${messageOf(error)}\n`);
      process.exit(EXIT.user);
    });
  }
  try {
    program.commandsGroup('Help:').helpCommand(true);
    program.addHelpText(
      'after',
      '\nFirst steps: `eus-eval run` scores a tiny bundled model; `eus-eval run --help` says what else it can do.',
    );
    if (argv.length === 0) {
      program.outputHelp();
      return EXIT.ok;
    }
    const word = at(argv, 0);
    const names = program.commands.map((c) => c.name());
    const option = word.split('=')[0] ?? word;
    const { options } = program.commands.find((command) => command.name() === 'run') ?? program;
    const ofRun = options.some(({ short, long }) => option === short || option === long);
    if (ofRun || (word.startsWith('--') && harnessOptionHint(word) !== null) || /^lm[_-]eval$/.test(word))
      throw new UserError(`${option}: the command is missing; write eus-eval run ${argv.map(quoted).join(' ')}`);
    if (!word.startsWith('-') && word !== 'help' && !names.includes(word)) {
      throw new UserError(`unknown command '${word}'; valid: ${names.join(', ')}.${didYouMean(word, names)}`);
    }
    await hearingWaits(
      (line) => void process.stderr.write(`${line}\n`),
      () => program.parseAsync(inOurWords(argv, program), { from: 'user' }),
    );
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.user;
    if (error instanceof UserError) {
      process.stderr.write(`eus-eval: ${messageOf(error)}\n`);
      return error.exitCode;
    }
    if (systemCode(error) === 'EMFILE') {
      process.stderr.write(
        'eus-eval: too many open files for this process; raise the limit (ulimit -n 1024) and give the same command again\n',
      );
      return EXIT.user;
    }
    process.stderr.write(`eus-eval: internal error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return EXIT.internal;
  }
}

/** The arguments, those of `run` with options of the harness in our own words; says what was understood once the whole line is. */
function inOurWords(argv: readonly string[], program: Command): string[] {
  const [command, ...rest] = argv;
  if (command !== 'run') return [...argv];
  const understood = translateRun(rest);
  const { line } = understood;
  if (line !== null) program.hook('preAction', () => void process.stderr.write(`${line}\n`));
  return [command, ...understood.argv];
}

/** Commander passes these settings on only to commands that it makes itself, so set them on the whole tree. */
function settle(command: Command): void {
  command
    // That a switch is off unless given goes without saying.
    .configureHelp({ optionDescription: (option) => new Help().optionDescription(option).replace(/ \(default: false\)$/, '') })
    .exitOverride()
    .showSuggestionAfterError(true)
    .allowExcessArguments(false)
    .configureOutput({ outputError: (text, write) => write(oneLine(text)) });
  for (const sub of command.commands) settle(sub);
}

/**
 * Commander's "error: unknown option '--x'\n(Did you mean --y?)" as one line in our form. What an option of lm-eval is called here stands in place
 * of the guess, which may be the opposite (--no-samples for --log_samples).
 */
function oneLine(text: string): string {
  const line = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
  const option = /^unknown option '(.+?)'/.exec(line)?.[1] ?? '';
  const hint = harnessOptionHint(option);
  if (hint !== null) return `eus-eval: unknown option '${option}' of lm-eval: ${hint}\n`;
  if (line.startsWith("too many arguments for 'run'"))
    return `eus-eval: ${line} The model stands after --model; several tasks are one word with commas: --tasks a,b\n`;
  return `eus-eval: ${line}\n`;
}
