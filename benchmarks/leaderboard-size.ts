/**
 * Time and memory of a leaderboard over thousands of result files. Made-up files of the size of real ones (about 17 kB) go to a fresh folder under the
 * system's temporary one; then the built command line runs by itself, as a user would run it.
 *
 *   npm run build && node --experimental-strip-types benchmarks/leaderboard-size.ts [files]      (or: npx vite-node benchmarks/leaderboard-size.ts)
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const files = Number(process.argv[2] ?? 5000);
const program = process.env.EUS_EVAL ?? fileURLToPath(new URL('../bin/eus-eval.js', import.meta.url));
const tasks = [
  'arc_eu_challenge arc_eu_easy belebele_eus_Latn bertaqa_eu_global bertaqa_eu_local bl2mp eus_proficiency eus_reading eus_trivia mmlu_eu piqa_eu xstorycloze_eu',
  'arc_challenge arc_easy belebele_eng_Latn bertaqa_en_global bertaqa_en_local mmlu_en piqa xstorycloze_en belebele_spa_Latn mmlu_es xstorycloze_es',
]
  .join(' ')
  .split(' ');

const root = mkdtempSync(path.join(tmpdir(), 'leaderboard-size-'));
try {
  const filler = 'x'.repeat(14_000);
  for (let i = 0; i < files; i++) {
    const task = tasks[i % tasks.length] ?? 'piqa';
    const model = `org/model-${Math.floor(i / tasks.length)}`;
    const share = 0.3 + 0.5 * Math.abs(Math.sin(i));
    const folder = path.join(root, 'results', model.replace('/', '__'));
    if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
    const content = {
      results: { [task]: { alias: task, 'acc,none': share, 'acc_stderr,none': 0.01 } },
      group_subtasks: { [task]: [] },
      configs: { [task]: { task, dataset_path: 'made/up', doc_to_text: filler.slice(0, 1000), output_type: 'multiple_choice' } },
      versions: { [task]: 1.5 },
      'n-shot': { [task]: 5 },
      'n-samples': { [task]: { original: 1000, effective: 1000 } },
      task_hashes: { [task]: `made up ${task}` },
      config: { model: 'hf', model_args: `pretrained=${model}`, model_num_parameters: 8e9 },
      date: 1_700_000_000.5 + i,
      pretty_env_info: filler,
      model_name: model,
      model_source: 'hf',
      chat_template: filler.slice(0, 2000),
      fewshot_as_multiturn: true,
    };
    writeFileSync(path.join(folder, `results_${i}.json`), JSON.stringify(content, null, 2));
  }
  const out = path.join(root, 'out');
  const started = process.hrtime.bigint();
  // /usr/bin/time tells the peak of resident memory.
  const run = spawnSync('/usr/bin/time', ['-v', process.execPath, program, 'leaderboard', path.join(root, 'results'), '--out', out], {
    encoding: 'utf8',
  });
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (run.status !== 0) throw new Error(run.stderr);
  const kilobytes = Number(/Maximum resident set size \(kbytes\): (\d+)/.exec(run.stderr)?.[1]);
  const cpu = ['User', 'System'].reduce(
    (sum, kind) => sum + Number(new RegExp(`${kind} time \\(seconds\\): ([\\d.]+)`).exec(run.stderr)?.[1]),
    0,
  );
  const page = statSync(path.join(out, 'leaderboard.html')).size;
  console.log(
    `${files} files, ${Math.ceil(files / tasks.length)} models: ${seconds.toFixed(1)} s (${cpu.toFixed(1)} s of processor time), peak ${Math.round(kilobytes / 1024)} MB, page ${(page / 1e6).toFixed(1)} MB`,
  );
  if (seconds > 10 || kilobytes > 512 * 1024) process.exitCode = 1;
} finally {
  rmSync(root, { recursive: true, force: true });
}
