import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blueprintOf } from '../../../src/backends/onnx/architectures/index.js';
import { packedAttention } from '../../../src/backends/onnx/attention-packed.js';
import { writeGenerator } from '../../../src/backends/onnx/decode-loop.js';
import { writeDecoder } from '../../../src/backends/onnx/decoder.js';
import { newGraph } from '../../../src/backends/onnx/graph-builder.js';
import { decodeModel, ELEMENT, type GraphMessage } from '../../../src/backends/onnx/proto.js';
import { readWeights } from '../../../src/backends/onnx/weight-files.js';
import { readModelConfig } from '../../../src/models/model-config.js';
import { packagePath } from '../../../src/package-files.js';
import { SHARED, shared } from '../../shared.js';
import { compare, type Expected, goldenDate, readGolden } from './compare.js';
import { missingKernels } from './cuda-kernels.js';

type FloatType = 'float32' | 'float16' | 'bfloat16';

/** Both graphs of a model; `layers`: of so many layers only. */
async function graphsOf(folder: string, compute: FloatType, layers?: number): Promise<GraphMessage[]> {
  const config = await readModelConfig(folder);
  const whole = blueprintOf(config);
  const used = { ...whole, blocks: whole.blocks.slice(0, layers) };
  const weights = await readWeights(folder);
  const scoring = newGraph(weights, compute, folder);
  writeDecoder(scoring, config, used, packedAttention, [{ start: 0, count: config.vocabSize }]);
  const generating = newGraph(weights, compute, folder);
  writeGenerator(generating, config, used);
  return [scoring, generating].map((g) => decodeModel(g.build()).graph);
}

/** The graph and the bodies of its loops. */
function allGraphs(graph: GraphMessage): GraphMessage[] {
  return [graph, ...graph.node.flatMap((n) => n.attribute.flatMap((a) => (a.g === undefined || a.g === null ? [] : allGraphs(a.g))))];
}

const FOLDERS = ['tiny-llama', 'tiny-llama31', 'tiny-mistral', 'tiny-qwen2', 'tiny-qwen3', 'tiny-gemma2', 'tiny-gemma3'].map(
  (name) =>
    [
      name,
      [packagePath(`fixtures/models/${name}`), `${SHARED}/models/${name}`].find((folder) => existsSync(`${folder}/config.json`)) ?? null,
    ] as const,
);

const tiny = packagePath('fixtures/models/tiny-llama');

describe('the graphs for CUDA', () => {
  for (const [name, folder] of FOLDERS) {
    for (const compute of ['float32', 'float16', 'bfloat16'] as const) {
      it.skipIf(folder === null)(`${name} in ${compute}: all operators have a kernel for the types they get, in loops, too`, async () => {
        const [scoring, generating] = await graphsOf(folder ?? '', compute);
        if (scoring === undefined || generating === undefined) throw new Error('no graphs');
        expect(missingKernels(scoring)).toEqual([]);
        expect(missingKernels(generating)).toEqual([]);
        expect(allGraphs(generating)).toHaveLength(2);
      });
    }
  }

  it('the check notices an operator without a kernel, a type without one, and types that do not go together', async () => {
    const broken = async (change: (graph: GraphMessage) => void): Promise<string[]> => {
      const [, generating] = await graphsOf(tiny, 'bfloat16');
      if (generating === undefined) throw new Error('no graph');
      for (const graph of allGraphs(generating)) change(graph);
      return missingKernels(generating);
    };
    expect(await broken(() => {})).toEqual([]);
    expect(
      await broken((graph) => {
        for (const node of graph.node) if (node.opType === 'Tanh' || node.opType === 'Log') node.opType = 'Erfc';
      }),
    ).toEqual([':Erfc is not known here']);
    // Without its Cast the logits would be bfloat16, for which Exp and ArgMax have no kernel.
    const casts = await broken((graph) => {
      for (const node of graph.node) for (const a of node.attribute) if (a.name === 'to' && a.i === ELEMENT.float32) a.i = ELEMENT.bfloat16;
    });
    expect(casts).toContain(':Exp bfloat16');
    expect(casts).toContain(':ArgMax bfloat16');
    const carried = await broken((graph) => {
      for (const input of graph.input) if (input.name === 'keys_0') input.type.tensorType.elemType = ELEMENT.float16;
    });
    expect(carried.join('\n')).toMatch(/carried value 4 changes its type/);
  });

  it('no layer adds work on whole numbers, which would go between card and host', async () => {
    const wholeNumbers = async (layers: number): Promise<number> => {
      let count = 0;
      for (const graph of await graphsOf(tiny, 'bfloat16', layers)) {
        for (const part of allGraphs(graph)) {
          expect(part.node.map((n) => n.opType)).not.toContain('Shape');
          count += part.node.filter((n) =>
            /^(Equal|Less|LessOrEqual|GreaterOrEqual|Sub|And|Or|Not|Where|ReduceM..|Gather|Squeeze)$/.test(n.opType),
          ).length;
        }
      }
      return count;
    };
    expect(await wholeNumbers(1)).toBe(await wholeNumbers(2));
  });
});

describe('the same graph on a CPU, in float32', () => {
  it('gives what the harness gives', async () => {
    const stored: Record<string, Expected[]> = JSON.parse(readFileSync(packagePath('test/fixtures/onnx/golden-tiny-llama.json'), 'utf8'));
    const expected = (stored.plain ?? []).filter((e) => e.choices !== null && /^(arc|piqa|eus_trivia|bl2mp|bbq)/.test(e.task));
    const result = await compare(tiny, packagePath('fixtures/data'), 'plain', expected, {
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
});

describe('generation in the loop of the graph, on a CPU in float32', () => {
  it.skipIf(SHARED === null).each(FOLDERS)('%s writes what the harness got', async (name, folder) => {
    const parts = [
      { data: 'datasets', family: 'plain', task: 'mgsm_native_cot_en' },
      { data: 'datasets', family: 'chat', task: 'mgsm_native_cot_en' },
      { data: 'synthetic', family: 'plain', task: 'mgsm_native_cot_eu' },
      { data: 'synthetic', family: 'chat', task: 'mgsm_native_cot_es' },
    ] as const;
    for (const { data, family, task } of parts) {
      const file = shared(`golden/${name}/${data}/${task}.${family}.jsonl`);
      const expected = readGolden(file, task);
      expect(expected.length).toBeGreaterThan(5);
      const more = { attention: 'packed', dtype: 'float32' } as const;
      const result = await compare(folder ?? '', shared(`data/${data}`), family, expected, more, goldenDate(file));
      expect(result.differences).toEqual([]);
    }
  });
});
