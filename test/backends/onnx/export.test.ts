import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type GraphBuilder, newGraph } from '../../../src/backends/onnx/graph-builder.js';
import { ropeTable } from '../../../src/backends/onnx/rope.js';
import { readWeights } from '../../../src/backends/onnx/weight-files.js';
import { type ModelConfig, readModelConfig } from '../../../src/models/model-config.js';
import { packagePath } from '../../../src/package-files.js';
import { compare, type Expected, openModel } from './compare.js';

const scratch = realpathSync(mkdtempSync(path.join(tmpdir(), 'eus-eval-export-')));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Writes the embedded model as exporters do: attention mask, past that grows, logits of every token; with explicit attention, so that it shares no operator with the other graph. */
async function writeExport(folder: string, rename: (name: string) => string = (name) => name): Promise<void> {
  const from = packagePath('fixtures/models/tiny-llama');
  mkdirSync(path.join(folder, 'onnx'), { recursive: true });
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'generation_config.json', 'chat_template.jinja'])
    copyFileSync(path.join(from, name), path.join(folder, name));
  const data = path.join(folder, 'onnx', 'model.onnx_data');
  copyFileSync(path.join(from, 'model.safetensors'), data);
  const weights = await readWeights(from);
  const tensors = new Map([...weights.tensors].map(([name, place]) => [name, { ...place, file: data }]));
  const c = await readModelConfig(from);
  const g = newGraph({ ...weights, tensors, root: path.dirname(data) }, 'float32', folder);
  write(g, c, rename);
  writeFileSync(path.join(folder, 'onnx', 'model.onnx'), g.build());
}

function write(g: GraphBuilder, c: ModelConfig, rename: (name: string) => string): void {
  const half = c.headDim / 2;
  const { cos, sin } = ropeTable(c.rope, c.headDim, 2048);
  // Constants are written as scalars' rows: tables as float constants of the graph.
  const table = (name: string, values: Float32Array): string => g.floats(name, values, [2048, half]);
  g.input('input_ids', 'int64', ['batch', 'tokens']);
  g.input(rename('attention_mask'), 'int64', ['batch', 'all']);
  g.input('position_ids', 'int64', ['batch', 'tokens']);
  const positions = g.node('Reshape', ['position_ids', g.int64([-1])]);
  const heads = (x: string, n: number): string =>
    g.node('Transpose', [g.node('Reshape', [x, g.int64([1, -1, n, c.headDim])])], { perm: [0, 2, 1, 3] });
  const angle = (name: string, values: Float32Array): string => g.node('Gather', [table(name, values), positions]);
  const [cosRows, sinRows] = [angle('cos', cos), angle('sin', sin)];
  const rotate = (x: string): string => {
    const first = g.node('Slice', [x, g.int64([0]), g.int64([half]), g.int64([3])]);
    const second = g.node('Slice', [x, g.int64([half]), g.int64([c.headDim]), g.int64([3])]);
    const mul = (a: string, b: string): string => g.node('Mul', [a, b]);
    return g.node(
      'Concat',
      [g.node('Sub', [mul(first, cosRows), mul(second, sinRows)]), g.node('Add', [mul(second, cosRows), mul(first, sinRows)])],
      { axis: 3 },
    );
  };
  // Hidden where the key's position is above the row's.
  const total = g.node('Size', [rename('attention_mask')]);
  const keys = g.node('Range', [g.int64([0], []), total, g.int64([1], [])]);
  const above = g.node('Greater', [g.node('Unsqueeze', [keys, g.int64([0])]), g.node('Unsqueeze', [positions, g.int64([1])])]);
  const mask = g.node('Mul', [g.node('Cast', [above], { to: 1 }), g.scalar(-1e9)]);
  const norm = (x: string, name: string): string =>
    g.node('SimplifiedLayerNormalization', [x, g.weight(`${name}.weight`, [c.hiddenSize])], {
      axis: -1,
      epsilon: { float: c.normEpsilon },
      stash_type: 1,
    });
  const linear = (x: string, name: string, out: number, inn: number): string =>
    g.node('MatMul', [x, g.node('Transpose', [g.weight(`${name}.weight`, [out, inn])], { perm: [1, 0] })]);
  const embedding = g.weight('model.embed_tokens.weight', [c.vocabSize, c.hiddenSize]);
  let x = g.node('Gather', [embedding, 'input_ids']);
  for (let l = 0; l < c.layers; l++) {
    const p = `model.layers.${l}.`;
    const a = norm(x, `${p}input_layernorm`);
    const q = rotate(heads(linear(a, `${p}self_attn.q_proj`, c.heads * c.headDim, c.hiddenSize), c.heads));
    const present = (['key', 'value'] as const).map((part) => {
      const y = heads(linear(a, `${p}self_attn.${part[0]}_proj`, c.kvHeads * c.headDim, c.hiddenSize), c.kvHeads);
      const past = g.input(`past_key_values.${l}.${part}`, 'float32', ['batch', c.kvHeads, 'past', c.headDim]);
      g.nodeTo([`present.${l}.${part}`], 'Concat', [past, part === 'key' ? rotate(y) : y], { axis: 2 });
      g.output(`present.${l}.${part}`, 'float32', ['batch', c.kvHeads, null, c.headDim]);
      // Every query head beside its key head.
      const wide = g.node('Unsqueeze', [`present.${l}.${part}`, g.int64([2])]);
      const many = g.node('Expand', [wide, g.int64([1, 1, c.heads / c.kvHeads, 1, 1])]);
      return g.node('Reshape', [many, g.int64([1, c.heads, -1, c.headDim])]);
    });
    const [k, v] = present;
    const scores = g.node('Mul', [
      g.node('MatMul', [q, g.node('Transpose', [k ?? ''], { perm: [0, 1, 3, 2] })]),
      g.scalar(1 / Math.sqrt(c.headDim)),
    ]);
    const seen = g.node('MatMul', [g.node('Softmax', [g.node('Add', [scores, mask])], { axis: -1 }), v ?? '']);
    const rows = g.node('Reshape', [g.node('Transpose', [seen], { perm: [0, 2, 1, 3] }), g.int64([1, -1, c.heads * c.headDim])]);
    const r = g.node('Add', [x, linear(rows, `${p}self_attn.o_proj`, c.hiddenSize, c.heads * c.headDim)]);
    const m = norm(r, `${p}post_attention_layernorm`);
    const gate = linear(m, `${p}mlp.gate_proj`, c.intermediateSize, c.hiddenSize);
    const silu = g.node('Mul', [gate, g.node('Sigmoid', [gate])]);
    const up = linear(m, `${p}mlp.up_proj`, c.intermediateSize, c.hiddenSize);
    x = g.node('Add', [r, linear(g.node('Mul', [silu, up]), `${p}mlp.down_proj`, c.hiddenSize, c.intermediateSize)]);
  }
  g.nodeTo(['logits'], 'MatMul', [norm(x, 'model.norm'), g.node('Transpose', [embedding], { perm: [1, 0] })]);
  g.output('logits', 'float32', ['batch', 'tokens', c.vocabSize]);
}

describe('an ordinary ONNX export', () => {
  it('gives what the harness gives for the same weights, and says that it is slower', async () => {
    const folder = path.join(scratch, 'good');
    await writeExport(folder);
    const stored: Record<string, Expected[]> = JSON.parse(readFileSync(packagePath('test/fixtures/onnx/golden-tiny-llama.json'), 'utf8'));
    const expected = (stored.plain ?? []).filter((e) => /^(arc_easy|piqa|mgsm_native_cot_en|eus_trivia|bl2mp|mmlu_eu)$/.test(e.task));
    const result = await compare(folder, packagePath('fixtures/data'), 'plain', expected);
    expect(result.documents).toBeGreaterThan(5);
    expect(result.differences).toEqual([]);
    const backend = await openModel(folder);
    expect(backend.facts.source).toMatch(/slower/);
    expect(Object.keys(backend.identity)).toContain('model.onnx_data');
    await backend.close();
  });

  it('one without the usual inputs is refused with what it has', async () => {
    const folder = path.join(scratch, 'strange');
    await writeExport(folder, (name) => (name === 'attention_mask' ? 'mask' : name));
    await expect(openModel(folder)).rejects.toThrow(/must have the inputs input_ids, attention_mask/);
  });
});
