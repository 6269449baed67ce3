/**
 * Does the fit give back the scores that the votes came from? npx vite-node benchmarks/arena-recovery.ts SCORES.csv [REPETITIONS] [BATTLES] [ROUNDS] [even|uncertain]
 * Prints the share of true scores inside their intervals, at 90 and 95 %, and the error of the scores.
 */
import { fitArena } from '../src/arena/fit.js';
import { knownModels } from '../src/arena-server/run-simulate.js';
import { simulateBattles } from '../src/arena-server/simulate.js';

const [file = '', repetitions = '200', battles = '12890', rounds = '200', policy = 'even'] = process.argv.slice(2);
const models = await knownModels(file === '' ? null : file);
const mean = models.reduce((sum, m) => sum + m.score, 0) / models.length;
const truth = new Map(models.map((m) => [m.model, m.score - mean + 1000]));
const inside = { 0.9: 0, 0.95: 0 };
let [scores, squares, most, widths] = [0, 0, 0, 0];
for (let i = 0; i < Number(repetitions); i++) {
  const simulated = simulateBattles({
    models,
    battles: Number(battles),
    policy: policy === 'uncertain' ? 'uncertain' : 'even',
    seed: 1000 + i,
    ties: 0.3,
  });
  for (const level of [0.9, 0.95] as const) {
    const fit = fitArena(simulated, { rounds: Number(rounds), seed: i, level, largestGroup: false });
    for (const m of fit.models) {
      const error = m.score - (truth.get(m.model) ?? 0);
      if (m.low <= (truth.get(m.model) ?? 0) && m.high >= (truth.get(m.model) ?? 0)) inside[level]++;
      if (level === 0.9) {
        scores++;
        squares += error * error;
        most = Math.max(most, Math.abs(error));
        widths += m.high - m.low;
      }
    }
  }
}
const share = (n: number): string => `${((100 * n) / scores).toFixed(1)} %`;
process.stdout.write(
  `${repetitions} repetitions of ${battles} votes over ${models.length} models, ${rounds} rounds, ${policy}: inside the 90 % interval ${share(inside[0.9])}, inside the 95 % interval ${share(inside[0.95])}; ` +
    `error ${Math.sqrt(squares / scores).toFixed(1)} points (root mean square), at most ${most.toFixed(1)}; 90 % interval ${(widths / scores).toFixed(1)} points wide\n`,
);
