import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blueprintOf } from '../../../src/backends/onnx/architectures/index.js';
import { packedAttention } from '../../../src/backends/onnx/attention-packed.js';
import { writeDecoder } from '../../../src/backends/onnx/decoder.js';
import { newGraph } from '../../../src/backends/onnx/graph-builder.js';
import { decodeModel, ELEMENT, type GraphMessage } from '../../../src/backends/onnx/proto.js';
import { readWeights } from '../../../src/backends/onnx/safetensors.js';
import { readModelConfig } from '../../../src/models/model-config.js';
import { packagePath } from '../../../src/package-files.js';
import { SHARED, shared } from '../../shared.js';
import { compare, type Expected, goldenDate, openModel, readGolden } from './compare.js';

const list: { operators: Record<string, string[]> } = JSON.parse(
  readFileSync(packagePath('test/fixtures/onnx/cuda-operators.json'), 'utf8'),
);
const NAMES: Record<number, string> = {
  [ELEMENT.float32]: 'float',
  [ELEMENT.float16]: 'float16',
  [ELEMENT.bfloat16]: 'bfloat16',
  [ELEMENT.int64]: 'int64',
  [ELEMENT.int32]: 'int32',
  [ELEMENT.bool]: 'bool',
};

/** Element type of every value, following the first data input of each node. */
function checkKernels(graph: GraphMessage): string[] {
  const types = new Map<string, number>([
    ...graph.initializer.map((t): [string, number] => [t.name, t.dataType]),
    ...graph.input.map((i): [string, number] => [i.name, i.type.tensorType.elemType]),
  ]);
  const missing: string[] = [];
  for (const node of graph.node) {
    const name = `${node.domain}:${node.opType}`;
    // The condition of Where is bool; its data come behind.
    const own = types.get(node.input[node.opType === 'Where' ? 1 : 0] ?? '');
    if (own === undefined) throw new Error(`${node.name}: type of ${node.input[0]} is not known`);
    const allowed = list.operators[name];
    if (!allowed?.includes(NAMES[own] ?? '')) missing.push(`${name} ${NAMES[own]}`);
    // Types must agree where the operator has one type for several inputs.
    if (/^(Add|Mul|MatMul|Gemm|SimplifiedLayerNormalization)$/.test(node.opType)) {
      for (const input of node.input) if (types.get(input) !== own) missing.push(`${name}: ${input} is of another type`);
    }
    const to = node.attribute.find((a) => a.name === 'to')?.i;
    const out = node.opType === 'Cast' ? Number(to) : node.opType === 'ArgMax' || node.opType === 'Shape' ? ELEMENT.int64 : own;
    for (const output of node.output) types.set(output, out);
  }
  return [...new Set(missing)];
}

async function graphOf(folder: string, compute: 'float32' | 'float16' | 'bfloat16'): Promise<GraphMessage> {
  const config = await readModelConfig(folder);
  const g = newGraph(await readWeights(folder), compute, folder);
  writeDecoder(g, config, blueprintOf(config), packedAttention);
  return decodeModel(g.build()).graph;
}

const FOLDERS = ['tiny-llama', 'tiny-llama31', 'tiny-mistral', 'tiny-qwen2', 'tiny-qwen3', 'tiny-gemma2', 'tiny-gemma3'].map(
  (name) =>
    [
      name,
      [packagePath(`fixtures/models/${name}`), `${SHARED}/models/${name}`].find((folder) => existsSync(`${folder}/config.json`)) ?? null,
    ] as const,
);

describe('the graph for CUDA', () => {
  for (const [name, folder] of FOLDERS) {
    for (const compute of ['float32', 'float16', 'bfloat16'] as const) {
      it.skipIf(folder === null)(`${name} in ${compute} uses only operators and types that have a kernel there`, async () => {
        expect(checkKernels(await graphOf(folder ?? '', compute))).toEqual([]);
      });
    }
  }
  it('the check notices an operator without a kernel', async () => {
    const graph = await graphOf(packagePath('fixtures/models/tiny-llama'), 'bfloat16');
    for (const node of graph.node) if (node.opType === 'LogSoftmax') node.opType = 'Erfc';
    expect(checkKernels(graph)).toEqual([':Erfc float']);
  });
});

describe('the same graph on a CPU, in float32', () => {
  it('gives what the harness gives', async () => {
    const stored: Record<string, Expected[]> = JSON.parse(readFileSync(packagePath('test/fixtures/onnx/golden-tiny-llama.json'), 'utf8'));
    const expected = (stored.plain ?? []).filter((e) => e.choices !== null && /^(arc|piqa|eus_trivia|bl2mp|bbq)/.test(e.task));
    const result = await compare(packagePath('fixtures/models/tiny-llama'), packagePath('fixtures/data'), 'plain', expected, {
      attention: 'packed',
    });
    expect(result.differences).toEqual([]);
    expect(result.documents).toBeGreaterThan(5);
  });
  it.skipIf(SHARED === null).each(FOLDERS)('%s', async (name, folder) => {
    const files = readdirSync(shared(`golden/${name}/synthetic`)).filter((file) =>
      /^(piqa_eu|eus_reading|bbq_SES_ambig|xstorycloze_es)\.chat\.jsonl$/.test(file),
    );
    const expected = files.flatMap((file) => readGolden(shared(`golden/${name}/synthetic/${file}`), file.slice(0, -'.chat.jsonl'.length)));
    const result = await compare(
      folder ?? '',
      shared('data/synthetic'),
      'chat',
      expected,
      { attention: 'packed', dtype: 'float32' },
      goldenDate(shared(`golden/${name}/synthetic/piqa_eu.chat.jsonl`)),
    );
    expect(result.differences).toEqual([]);
  });
  it('it does not generate, and says so before anything is asked', async () => {
    const backend = await openModel(packagePath('fixtures/models/tiny-llama'), { attention: 'packed', dtype: 'float32' });
    expect([...backend.kinds]).toEqual(['choices']);
    await backend.close();
  });
});
