/**
 * How well the packed runs of a CUDA card would be filled, computed by the planner alone: no card and no weights. A session that only waits as long as a card might
 * takes the place of the model, so that the window of waiting documents fills as it would.
 *
 * usage: npx vite-node benchmarks/packed-planning.ts --tokenizer DIR --data DIR [--card GIB] [--cases bbq_Sexual_orientation_ambig:432,eus_trivia:600] [--rows-per-second N]
 *
 * The sizes are those of Llama 3.1 8B in bfloat16. `computed` counts prefixes that are computed again in each run; `rows` adds what only fills up blocks; `MB in` is what a run
 * moves to the card.
 */

import { parseArgs } from 'node:util';
import { newOnnxBackend } from '../src/backends/onnx/backend.js';
import { newCounters } from '../src/backends/onnx/counters.js';
import { packedEngine } from '../src/backends/onnx/engine.js';
import { activationBudget, generateBytes, keyCost, type ModelSize, runBytes } from '../src/backends/onnx/memory-plan.js';
import type { PackedMessage } from '../src/backends/onnx/protocol.js';
import { NO_DRAW_DEFAULTS } from '../src/backends/onnx/sample.js';
import type { Session } from '../src/backends/onnx/session.js';
import { openData } from '../src/data/open.js';
import { loadTokenizer } from '../src/models/tokenizer.js';
import { prepareDocs } from '../src/prompts/prepare.js';
import { leavesOf } from '../src/task-tree.js';
import { loadRegistry } from '../src/tasks/registry.js';
import type { Ask } from '../src/types.js';

const { values } = parseArgs({
  args: process.argv.slice(2),
  options: {
    tokenizer: { type: 'string' },
    data: { type: 'string' },
    card: { type: 'string', default: '24' },
    'rows-per-second': { type: 'string', default: '14000' },
    cases: { type: 'string', default: 'bbq_Sexual_orientation_ambig:432,eus_trivia:600,eus_exams_eu_opeosakiadmineu:236' },
  },
});
if (values.tokenizer === undefined || values.data === undefined) {
  console.error('needed: --tokenizer DIR --data DIR');
  process.exit(2);
}
const rowsPerSecond = Number(values['rows-per-second']);
const size: ModelSize = {
  layers: 32,
  hidden: 4096,
  intermediate: 14_336,
  heads: 32,
  kvHeads: 8,
  headDim: 128,
  vocabulary: 128_256,
  sliding: false,
  bytes: 2,
  parameters: 8_030_261_248,
};
const bytes = activationBudget(size, { bytes: Number(values.card) * 1024 ** 3, kind: 'given' }, 'Llama 3.1 8B');
const tokenizer = await loadTokenizer(values.tokenizer);
const registry = await loadRegistry();

/** A session that waits instead of computing, and notes the runs. */
function waiting(runs: PackedMessage[]): Session {
  return {
    cache: Array.from({ length: size.layers }, (_, layer) => ({ layer, kvHeads: size.kvHeads, headDim: size.headDim })),
    vocabSize: null,
    setTables: () => {},
    close: async () => {},
    run: () => Promise.reject(new Error('no stack')),
    step: () => Promise.reject(new Error('no stack')),
    async packed(message) {
      runs.push({ kind: 'packed', id: 0, ...message });
      await new Promise((resolve) => setTimeout(resolve, (1000 * message.ids.length) / rowsPerSecond));
      const count = message.decode === null ? message.pairs.length / 2 : message.blocks * (message.decode.steps + 1);
      return {
        kind: 'result',
        id: 0,
        logprobs: new Float32Array(count).fill(-1),
        greedy: new Int32Array(message.decode === null ? message.rows.length : count).fill(5),
        seconds: message.ids.length / rowsPerSecond,
      };
    },
  };
}

console.log(`Llama 3.1 8B in bfloat16 on ${values.card} GiB: ${(bytes / 1e9).toFixed(1)} GB for a run`);
console.log(
  '| benchmark | documents | runs | rows per run | P, B x L of the longest | computed / distinct | rows / distinct | naive / rows | MB in |',
);
console.log('| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: |');
for (const item of values.cases.split(',')) {
  const [task = '', count = '24'] = item.split(':');
  const entry = registry.entries.get(task);
  if (entry === undefined) throw new Error(`no task ${task}`);
  const runs: PackedMessage[] = [];
  const counters = newCounters();
  const computing = { session: waiting(runs), counters, ensurePositions: () => {} };
  const backend = newOnnxBackend({
    modelName: task,
    counters,
    engine: packedEngine(
      computing,
      { tokenizer, eos: new Set() },
      {
        score: { rows: 16_384, bytes, bytesOf: (run) => runBytes(size, run), keyCost: keyCost(size) },
        generate: { documents: 64, stretch: 128, bytes, bytesOf: (run, steps) => generateBytes(size, run, steps) },
      },
    ),
    tokenizer,
    addBos: false,
    maxLength: 8192,
    vocabSize: size.vocabulary,
    longest: null,
    drawDefaults: NO_DRAW_DEFAULTS,
    identity: {},
    facts: {},
    renderChat: null,
    chatTemplate: null,
    forecast: null,
    close: async () => {},
  });
  const source = await openData({ dir: values.data, offline: true });
  const leaves = leavesOf(entry);
  let documents = 0;
  async function* asks(): AsyncGenerator<Ask> {
    for (const leaf of leaves) {
      for await (const { request } of prepareDocs(leaf, source, { family: 'plain', renderChat: null, limit: Number(count) })) {
        yield { id: documents++, request };
      }
    }
  }
  for await (const { response } of backend.ask(asks(), new AbortController().signal)) {
    if (response.kind === 'failure') throw new Error(`${response.reason}: ${response.message}`);
  }
  const work = backend.work();
  const rows = work.computedTokens + work.paddingTokens;
  const longest = runs.reduce((a, b) => (b.ids.length > a.ids.length ? b : a));
  const prefix = longest.prefixColumns.length;
  const moved = runs.map(
    (r) => 8 * (2 * r.ids.length + r.prefixColumns.length + r.ends.length + r.rows.length + r.pairs.length) + 2 * 4 * 64 * 2048,
  );
  console.log(
    `| ${task} | ${documents} | ${runs.length} | ${Math.round(rows / runs.length)} | ${prefix}, ${longest.blocks} x ${(longest.ids.length - prefix) / longest.blocks} | ${(work.computedTokens / work.distinctTokens).toFixed(3)} | ${(rows / work.distinctTokens).toFixed(3)} | ${(work.naiveTokens / rows).toFixed(1)} | ${(Math.max(...moved) / 1e6).toFixed(1)} |`,
  );
}
