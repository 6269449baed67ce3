/**
 * Holds a real completions server (vLLM, SGLang, llama-cpp-python, ...) against values that the Python harness got from the same model.
 *
 * usage: npx vite-node benchmarks/api-check-server.ts --base-url URL --model NAME --folder DIR --golden DIR --data DIR
 *                                                     [--limit 8|all] [--generations 1|all] [--families plain,chat]
 *                                                     [--tolerance 1e-3] [--decisions 0.95] [--ways ids:best,ids:echo,text:echo,...]
 *   --folder: the model's tokenizer and chat template; --golden: a folder of TASK.FAMILY.jsonl with the harness's responses; --data: its data sets.
 *   --limit: documents of each task whose choices are scored; --generations: of each task that generates, asked once for ids and once for text.
 * Exit code 1 where a difference is above the tolerance, a greedy flag or a text differs, or a way of asking is not served.
 * With --decisions only the likeliest choice of every document is compared, for quantised weights: 0.95 wants 95 % of them to be the harness's.
 * A server in bfloat16, or with another attention, differs from float32 by some hundredths: give --tolerance 0.1 and look at the greedy flags.
 */
import { parseArgs } from 'node:util';
import { compareWith, documentsOf, goldenDocs, openCase } from '../test/backends/golden-server.js';

const { values } = parseArgs({
  options: {
    'base-url': { type: 'string', default: '' },
    model: { type: 'string', default: '' },
    folder: { type: 'string', default: '' },
    golden: { type: 'string', default: '' },
    data: { type: 'string', default: '' },
    limit: { type: 'string', default: '8' },
    generations: { type: 'string', default: '1' },
    families: { type: 'string', default: 'plain,chat' },
    tolerance: { type: 'string', default: '1e-3' },
    decisions: { type: 'string' },
    ways: { type: 'string', default: 'ids:echo,ids:prompt_logprobs,text:echo,text:prompt_logprobs' },
  },
});

for (const name of ['base-url', 'model', 'folder', 'golden', 'data'] as const)
  if (values[name] === '') throw new Error(`--${name} is missing`);
const families = values.families.split(',');
const all = await goldenDocs(values.folder, values.golden, values.data, documentsOf(values.limit), documentsOf(values.generations));
const docs = all.filter(({ where }) => families.some((family) => where.includes(`.${family}.jsonl`)));
const MODES = ['echo', 'prompt_logprobs', 'logprob_token_ids', 'top_logprobs', 'generate'] as const;
/** Generated text does not depend on how log-probabilities are asked for, so it is asked once for ids and once for text. */
const generatedAs = new Set<string>();
console.log(
  '| prompts as | asked by | documents | generated | choices | same decision | largest difference | others differ | HTTP requests | seconds |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
);
let bad = 0;
for (const way of values.ways.split(',')) {
  const [promptsAs = '', scoring = ''] = way.split(':');
  const mode = MODES.find((one) => one === scoring) ?? null;
  if ((promptsAs !== 'ids' && promptsAs !== 'text') || (mode === null && scoring !== 'best'))
    throw new Error(`--ways ${way}: valid is ids|text:best|${MODES.join('|')}`);
  const begun = performance.now();
  const backend = await openCase({ url: values['base-url'], name: values.model, folder: values.folder, promptsAs, scoring: mode });
  const kinds = docs.filter(
    ({ doc }) => backend.kinds.has(doc.request.kind) && (doc.request.kind === 'choices' || !generatedAs.has(promptsAs)),
  );
  generatedAs.add(promptsAs);
  const result = await compareWith(backend, kinds);
  await backend.close();
  const seconds = (performance.now() - begun) / 1000;
  const scored = result.documents - result.generations;
  const note = backend.kinds.has('choices') ? '' : ` (no log-probabilities: ${String(backend.facts.no_prompt_logprobs)})`;
  console.log(
    `| ${promptsAs} | ${scoring}${note} | ${result.documents} | ${result.generations} | ${result.choices} | ${result.decisions} of ${scored} | ${result.worst.toExponential(1)} | ${result.wrong.length} | ${backend.work().runs} | ${seconds.toFixed(0)} |`,
  );
  for (const line of result.wrong.slice(0, 5)) console.error(line);
  const differs = result.wrong.length > 0 || result.worst > Number(values.tolerance);
  if (result.documents === 0 || (values.decisions === undefined ? differs : result.decisions < scored * Number(values.decisions))) bad += 1;
}
process.exitCode = bad === 0 ? 0 : 1;
