/**
 * What a document costs a card: runs, tokens, and bytes to and from it, by the plan of the CPU (`cached`), of runs that each hold whole texts (`packed`: CUDA, and WebGPU before keys
 * and values stayed on it), and of WebGPU (`stacked`). The plans are the same on every device, so the tiny model on a CPU counts them.
 *
 * usage: npx vite-node benchmarks/card-work.ts --data DIR [--model DIR] [--tasks eus_trivia,mgsm_native_cot_eu] [--limit 100]
 */
import { parseArgs } from 'node:util';
import { openOnnx } from '../src/backends/onnx/open.js';
import { openData } from '../src/data/open.js';
import { packagePath } from '../src/package-files.js';
import { prepareDocs } from '../src/prompts/prepare.js';
import { leavesOf } from '../src/task-tree.js';
import { loadRegistry } from '../src/tasks/registry.js';
import type { Ask } from '../src/types.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: packagePath('fixtures/models/tiny-llama') },
    data: { type: 'string', default: packagePath('fixtures/data') },
    tasks: { type: 'string', default: 'eus_trivia,bl2mp' },
    limit: { type: 'string', default: '100' },
  },
});

const source = await openData({ dir: values.data, offline: true });
const tasks = new Map((await loadRegistry()).benchmarks.flatMap(leavesOf).map((task) => [task.name, task]));
console.log('| task | documents | plan | runs/document | tokens/document | KB to the card/document | KB back/document |');
console.log('| --- | ---: | --- | ---: | ---: | ---: | ---: |');
for (const name of values.tasks.split(',')) {
  const task = tasks.get(name);
  if (task === undefined) throw new Error(`no task ${name}`);
  const asks: Ask[] = [];
  for await (const { request } of prepareDocs(task, source, { family: 'plain', renderChat: null, limit: Number(values.limit) }))
    asks.push({ id: asks.length, request });
  for (const attention of ['cached', 'packed', 'stacked'] as const) {
    const backend = await openOnnx({
      folder: values.model,
      modelName: 'm',
      device: 'cpu',
      dtype: 'auto',
      attention,
      renderChat: null,
      chatTemplate: null,
    });
    async function* stream(): AsyncGenerator<Ask> {
      yield* asks;
    }
    for await (const { response } of backend.ask(stream(), new AbortController().signal))
      if (response.kind === 'failure') throw new Error(response.message);
    const { runs, computedTokens, paddingTokens, details } = backend.work();
    const per = (n: number, digits: number): string => (n / asks.length).toFixed(digits);
    const bytes = (n: unknown): string => (typeof n === 'number' ? per(n / 1000, 1) : '');
    const tokens = per(computedTokens + paddingTokens, 0);
    console.log(
      `| ${[name, asks.length, attention, per(runs, 2), tokens, bytes(details.bytesToCard), bytes(details.bytesFromCard)].join(' | ')} |`,
    );
    await backend.close();
  }
}
