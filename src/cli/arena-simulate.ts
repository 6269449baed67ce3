/** `eus-eval arena simulate`: arguments and printing only. */
import { type Command, Option } from 'commander';
import { screenOf } from '../terminal/screen.js';
import { list, numberBetween, wholeNumber } from './arguments.js';

interface SimulateFlags {
  scores?: string;
  battles?: readonly string[];
  draw: 'even' | 'uncertain';
  ties: number;
  points: number;
  seed: number;
  participants: number;
  seconds: number;
  pause: number;
}

/**
 * Adds `simulate` to the `arena` command.
 */
export function addArenaSimulate(arena: Command): void {
  arena
    .command('simulate')
    .description('how many battles until the ranking is known; with an address: voters against a running arena of made-up models')
    .argument('[url]', 'address of a running arena (arena serve --demo)')
    .option('--scores <file>', 'true scores: CSV with model,global, or JSON of arena fit; default: those of the demo')
    .option('--battles <n,...>', 'numbers of battles', list)
    .addOption(new Option('--draw <policy>', 'how pairs are drawn').choices(['even', 'uncertain']).default('even'))
    .option('--ties <share>', 'share of ties between models of equal strength', numberBetween(0, 0.9), 0.3)
    .option('--points <n>', 'interval width that is wished', numberBetween(1, 1000), 30)
    .option('--seed <n>', 'seed', wholeNumber(0), 1234)
    .option('--participants <n>', 'voters against the running arena', wholeNumber(1), 20)
    .option('--seconds <n>', 'how long they vote', wholeNumber(1), 60)
    .option('--pause <seconds>', 'between two steps of a voter', numberBetween(0, 3600), 2)
    .action(async (url: string | undefined, flags: SimulateFlags) => {
      const { knownModels, PLAN_BATTLES, planTable, tallyLines, vote } = await import('../arena-server/run-simulate.js');
      const { planArena } = await import('../arena-server/simulate.js');
      if (url !== undefined) {
        const { participants, seconds, seed } = flags;
        const tally = await vote([url], { participants, seconds, seed, pauseMs: flags.pause * 1000, patienceMs: 60_000 });
        process.stdout.write(`${tallyLines(tally).join('\n')}\n`);
        return;
      }
      const models = await knownModels(flags.scores ?? null);
      const battles = flags.battles?.map(wholeNumber(models.length)) ?? PLAN_BATTLES;
      const rows = planArena({ models, policy: flags.draw, seed: flags.seed, ties: flags.ties }, battles);
      process.stdout.write(`${planTable(rows, flags.points, screenOf(process.stdout))}\n`);
    });
}
