/**
 * Does the fit give back the scores that the votes came from? npx vite-node benchmarks/arena-recovery.ts SCORES.csv [REPETITIONS] [BATTLES] [ROUNDS] [FIRST_SEED]
 * Prints the share of true scores inside their 95 % intervals, over all and of the model with the fewest and the most, and the error of the scores.
 */
import { fitArena } from '../src/arena/fit.js';
import { knownModels } from '../src/arena-server/run-simulate.js';
import { simulateBattles } from '../src/arena-server/simulate.js';

const [file = '', repetitions = '200', battles = '12890', rounds = '1000', first = '1000'] = process.argv.slice(2);
const models = await knownModels(file === '' ? null : file);
const mean = models.reduce((sum, m) => sum + m.score, 0) / models.length;
const truth = new Map(models.map((m) => [m.model, m.score - mean + 1000]));
const covered = new Map(models.map((m) => [m.model, 0]));
let [inside, scores, squares, most, widths] = [0, 0, 0, 0, 0];
for (let i = 0; i < Number(repetitions); i++) {
  const simulated = simulateBattles({ models, battles: Number(battles), policy: 'even', seed: Number(first) + i, ties: 0.3 });
  const fit = fitArena(simulated, { rounds: Number(rounds), seed: i, level: 0.95, largestGroup: false });
  for (const m of fit.models) {
    const score = truth.get(m.model) ?? 0;
    if (m.low <= score && score <= m.high) {
      inside++;
      covered.set(m.model, (covered.get(m.model) ?? 0) + 1);
    }
    scores++;
    squares += (m.score - score) ** 2;
    most = Math.max(most, Math.abs(m.score - score));
    widths += m.high - m.low;
  }
}
process.stdout.write(
  `${repetitions} repetitions of ${battles} votes over ${models.length} models, ${rounds} rounds: ${inside} of ${scores} scores (${((100 * inside) / scores).toFixed(1)} %) inside the 95 % interval, ` +
    `by model in ${Math.min(...covered.values())} to ${Math.max(...covered.values())} of ${repetitions}; ` +
    `error ${Math.sqrt(squares / scores).toFixed(1)} points (root mean square), at most ${most.toFixed(1)}; interval ${(widths / scores).toFixed(1)} points wide\n`,
);
