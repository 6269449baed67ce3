import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { packBlock } from '../../src/results/gzip-blocks.js';

export const EVIL = '</script><img src=x onerror=window.hit=1>';

export interface MadeDocument {
  readonly question: string;
  /** Log-probabilities of the choices; null: unscored. */
  readonly scores: readonly number[] | null;
  readonly gold: number;
  readonly subject: string;
  /** Tokens cut from the prompt. */
  readonly cut?: number;
}

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const SHOTS = 'Adibidea: bat da hau?\nErantzuna: A\n\n';

/** Writes the results and samples of one task as the harness does (`plain`), packed as `--samples compact` does (`gz`), or packed by another program (`foreign`). */
export async function writeRun(
  dir: string,
  model: string,
  documents: readonly MadeDocument[],
  form: 'plain' | 'gz' | 'foreign',
  task = 'eus_trivia',
): Promise<string> {
  const folder = path.join(dir, model.replace(/[^\w]+/g, '__'));
  mkdirSync(folder, { recursive: true });
  const stamp = '2026-01-02T03-04-05.000000';
  const lines = documents.map(({ question, scores, gold, subject, cut }, i) => {
    const prompt = `${SHOTS}Galdera: ${question}\nErantzuna:`;
    const pairs = (scores ?? []).map((x) => [String(x), 'False']);
    const best = scores === null ? -1 : scores.indexOf(Math.max(...scores));
    return JSON.stringify({
      doc_id: i,
      doc: { question, category: subject, candidates: ['bat', 'bi'] },
      target: String(gold),
      arguments: { gen_args_0: { arg_0: prompt, arg_1: ' A' }, gen_args_1: { arg_0: prompt, arg_1: ' B' } },
      resps: pairs.map((pair) => [pair]),
      filtered_resps: pairs,
      filter: 'none',
      metrics: scores === null ? [] : ['acc'],
      doc_hash: sha(question),
      prompt_hash: sha(prompt),
      target_hash: sha(String(gold)),
      ...(scores === null ? { unscored: 'http', error: '503' } : { acc: best === gold ? 1.0 : 0.0 }),
      ...(cut === undefined ? {} : { truncated_tokens: cut }),
    });
  });
  const text = Buffer.from(`${lines.join('\n')}\n`);
  const file = path.join(folder, `samples_${task}_${stamp}.jsonl${form === 'plain' ? '' : '.gz'}`);
  writeFileSync(file, form === 'plain' ? text : form === 'gz' ? await packBlock(text) : gzipSync(text));
  const right = documents.filter(({ scores, gold }) => scores?.indexOf(Math.max(...scores)) === gold).length;
  writeFileSync(
    path.join(folder, `results_${stamp}.json`),
    JSON.stringify({
      results: { [task]: { alias: task, 'acc,none': right / documents.length, 'acc_stderr,none': 0.1 } },
      group_subtasks: { [task]: [] },
      configs: { [task]: { task, fewshot_delimiter: '\n\n', output_type: 'multiple_choice' } },
      versions: { [task]: 1.0 },
      'n-shot': { [task]: 1 },
      higher_is_better: { [task]: { acc: true } },
      'n-samples': { [task]: { original: documents.length, effective: documents.length } },
      config: { model: 'hf', model_args: `pretrained=${model}`, limit: null },
      date: 1_767_323_045,
      model_source: 'hf',
      model_name: model,
    }),
  );
  return file;
}
