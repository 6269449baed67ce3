import { expect, it } from 'vitest';
import { recordOf } from '../../src/publish/record.js';
import { instancesOf } from '../../src/publish/samples.js';
import { resultFileOf } from '../../src/results/read.js';
import { documentView } from '../../src/view/read-document.js';

/** Two choices: the long one is the likelier by character, the short one as it stands. */
const LINE = {
  doc_id: 0,
  arguments: { gen_args_0: { arg_0: 'Galdera:', arg_1: ' bai' }, gen_args_1: { arg_0: 'Galdera:', arg_1: ' ez, inola ere ez' } },
  filtered_resps: [
    ['-3.0', 'False'],
    ['-4.0', 'False'],
  ],
  target: '1',
  filter: 'none',
  metrics: ['acc', 'acc_norm'],
  acc: 0,
  acc_norm: 1,
  predicted: 1,
};

it('an instance of a score has the choice that its metric took, and says how', () => {
  const resultIds = new Set(['t:acc,none', 't:acc_norm,none']);
  const found = instancesOf(LINE, { evaluationId: 'e', modelId: 'm', task: 't', resultIds });
  expect(
    found.map(({ output, answer_attribution, evaluation }) => [
      output.raw,
      answer_attribution[0]?.extraction_method,
      evaluation.is_correct,
    ]),
  ).toEqual([
    [['bai'], 'the choice with the highest log-probability', false],
    [['ez, inola ere ez'], 'the choice that acc_norm takes', true],
  ]);
});

it('the view of a file that does not say which choice was taken shows that of the headline metric', () => {
  const { predicted: _, ...line } = LINE;
  const taken = (metric: string) => documentView('t', [JSON.stringify(line)], metric, '').predicted;
  expect([taken('acc,none'), taken('acc_norm,none')]).toEqual([0, 1]);
  // Mutual information: behind the prompt the first is likelier, and gains less than the second over an empty prompt.
  const filtered_resps = [...line.filtered_resps, ['-3.5', 'False'], ['-9.0', 'False']];
  const twice = { ...line.arguments, gen_args_2: { arg_0: '', arg_1: ' bai' }, gen_args_3: { arg_0: '', arg_1: ' ez, inola ere ez' } };
  const view = documentView(
    't',
    [JSON.stringify({ ...line, arguments: twice, filtered_resps, metrics: ['acc_mutual_info'] })],
    'acc_mutual_info,none',
    '',
  );
  expect([view.choices?.length, view.predicted]).toEqual([2, 1]);
});

it('a record says how answers were drawn, and 0 where the task file does not', () => {
  const args = (generation_kwargs: object) => {
    const content = {
      results: { t: { alias: 't', 'exact_match,none': 0.5 } },
      higher_is_better: { t: { exact_match: true } },
      configs: { t: { output_type: 'generate_until', generation_kwargs } },
      config: {},
      model_name: 'm',
      date: 1_700_000_000,
      eus_eval: { version: '0.1.0', tasks: {} },
    };
    const publisher = { organization: null, relationship: null };
    return recordOf(resultFileOf(content, 'r.json'), 'm', publisher, 0).record.evaluation_results[0]?.generation_config.generation_args;
  };
  expect(args({ until: ['\n'] })).toEqual({ temperature: 0 });
  expect(args({ do_sample: true, temperature: 0.7, top_p: 0.9, top_k: 40, seed: 1 })).toEqual({ temperature: 0.7, top_p: 0.9, top_k: 40 });
});
