/** Writes a Llama model in Hugging Face format as a GGUF file with float32 weights, so that a real llama-server can be held against exact values. */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const Config = z.object({
  hidden_size: z.number(),
  intermediate_size: z.number(),
  num_hidden_layers: z.number(),
  num_attention_heads: z.number(),
  num_key_value_heads: z.number(),
  max_position_embeddings: z.number(),
  rms_norm_eps: z.number(),
  vocab_size: z.number(),
  eos_token_id: z.number(),
  rope_parameters: z.object({ rope_theta: z.number() }),
});
const Tokenizer = z.object({
  model: z.object({ vocab: z.record(z.string(), z.number()), merges: z.array(z.array(z.string())) }),
  added_tokens: z.array(z.object({ id: z.number(), content: z.string(), special: z.boolean() })),
});
const Tensors = z.record(
  z.string(),
  z.object({ dtype: z.literal('F32'), shape: z.array(z.number()), data_offsets: z.tuple([z.number(), z.number()]) }),
);

/** Types of metadata values. Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
const UINT32 = 4;
const INT32 = 5;
const FLOAT32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;
const ALIGNMENT = 32;
/** Of a vocabulary entry: an ordinary token, one that is never text. */
const NORMAL = 1;
const CONTROL = 3;

const u32 = (value: number): Buffer => Buffer.from(Uint32Array.of(value).buffer);
const f32 = (value: number): Buffer => Buffer.from(Float32Array.of(value).buffer);
const u64 = (value: number): Buffer => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value: string): Buffer => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
const list = (type: number, items: readonly Buffer[]): Buffer => Buffer.concat([u32(type), u64(items.length), ...items]);

/** Names in llama.cpp of what Hugging Face calls `model.layers.N.…`. */
const LAYER: Readonly<Record<string, string>> = {
  'input_layernorm.weight': 'attn_norm.weight',
  'self_attn.q_proj.weight': 'attn_q.weight',
  'self_attn.k_proj.weight': 'attn_k.weight',
  'self_attn.v_proj.weight': 'attn_v.weight',
  'self_attn.o_proj.weight': 'attn_output.weight',
  'post_attention_layernorm.weight': 'ffn_norm.weight',
  'mlp.gate_proj.weight': 'ffn_gate.weight',
  'mlp.up_proj.weight': 'ffn_up.weight',
  'mlp.down_proj.weight': 'ffn_down.weight',
};

function ggufName(name: string): string {
  if (name === 'model.embed_tokens.weight') return 'token_embd.weight';
  if (name === 'model.norm.weight') return 'output_norm.weight';
  const [, layer, rest] = /^model\.layers\.(\d+)\.(.*)$/.exec(name) ?? [];
  const known = LAYER[rest ?? ''];
  if (known === undefined) throw new Error(`${name} has no name in a GGUF file of a Llama model`);
  return `blk.${layer}.${known}`;
}

/** llama.cpp rotates neighbouring pairs of a head, Hugging Face its first half with its second: rows are interleaved. */
function interleave(rows: Buffer, heads: number, count: number): Buffer {
  const row = rows.length / count;
  const size = count / heads;
  const half = size / 2;
  const moved = Array.from({ length: count }, (_, i) => {
    const [head, place] = [Math.floor(i / size), i % size];
    const from = head * size + (place % 2) * half + Math.floor(place / 2);
    return rows.subarray(from * row, (from + 1) * row);
  });
  return Buffer.concat(moved);
}

/**
 * Writes `file` from the folder's `config.json`, `tokenizer.json` and `model.safetensors`. Throws where the model is no Llama in float32 with tied embeddings.
 */
export function writeGguf(folder: string, file: string): void {
  const json = (name: string): unknown => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
  const config = Config.parse(json('config.json'));
  const tokenizer = Tokenizer.parse(json('tokenizer.json'));
  const weights = readFileSync(path.join(folder, 'model.safetensors'));
  const headerLength = Number(weights.readBigUInt64LE(0));
  const { __metadata__: _, ...raw } = z.record(z.string(), z.unknown()).parse(JSON.parse(weights.toString('utf8', 8, 8 + headerLength)));
  const heads = { q_proj: config.num_attention_heads, k_proj: config.num_key_value_heads };

  const tokens: string[] = Array.from({ length: config.vocab_size }, (_, id) => `<unused ${id}>`);
  const types: number[] = tokens.map(() => CONTROL);
  for (const [token, id] of Object.entries(tokenizer.model.vocab)) [tokens[id], types[id]] = [token, NORMAL];
  for (const { id, content, special } of tokenizer.added_tokens) [tokens[id], types[id]] = [content, special ? CONTROL : NORMAL];

  const metadata: readonly (readonly [string, number, Buffer])[] = [
    ['general.architecture', STRING, text('llama')],
    ['general.name', STRING, text(path.basename(folder))],
    ['llama.context_length', UINT32, u32(config.max_position_embeddings)],
    ['llama.embedding_length', UINT32, u32(config.hidden_size)],
    ['llama.block_count', UINT32, u32(config.num_hidden_layers)],
    ['llama.feed_forward_length', UINT32, u32(config.intermediate_size)],
    ['llama.attention.head_count', UINT32, u32(config.num_attention_heads)],
    ['llama.attention.head_count_kv', UINT32, u32(config.num_key_value_heads)],
    ['llama.attention.layer_norm_rms_epsilon', FLOAT32, f32(config.rms_norm_eps)],
    ['llama.rope.freq_base', FLOAT32, f32(config.rope_parameters.rope_theta)],
    ['llama.vocab_size', UINT32, u32(config.vocab_size)],
    ['tokenizer.ggml.model', STRING, text('gpt2')],
    ['tokenizer.ggml.pre', STRING, text('smollm')],
    ['tokenizer.ggml.tokens', ARRAY, list(STRING, tokens.map(text))],
    ['tokenizer.ggml.token_type', ARRAY, list(INT32, types.map(u32))],
    [
      'tokenizer.ggml.merges',
      ARRAY,
      list(
        STRING,
        tokenizer.model.merges.map((pair) => text(pair.join(' '))),
      ),
    ],
    ['tokenizer.ggml.eos_token_id', UINT32, u32(config.eos_token_id)],
    ['tokenizer.ggml.add_bos_token', BOOL, Buffer.of(0)],
  ];
  const infos: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [name, { shape, data_offsets }] of Object.entries(Tensors.parse(raw))) {
    const bytes = weights.subarray(8 + headerLength + data_offsets[0], 8 + headerLength + data_offsets[1]);
    const [rows = 0] = shape;
    const kind = /(q_proj|k_proj)\.weight$/.exec(name)?.[1];
    data.push(kind === 'q_proj' || kind === 'k_proj' ? interleave(bytes, heads[kind], rows) : bytes);
    infos.push(Buffer.concat([text(ggufName(name)), u32(shape.length), ...shape.toReversed().map(u64), u32(0), u64(offset)]));
    const padding = (ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT;
    data.push(Buffer.alloc(padding));
    offset += bytes.length + padding;
  }
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(infos.length),
    u64(metadata.length),
    ...metadata.flatMap(([key, type, value]) => [text(key), u32(type), value]),
    ...infos,
  ]);
  const out = openSync(file, 'w');
  writeSync(out, Buffer.concat([head, Buffer.alloc((ALIGNMENT - (head.length % ALIGNMENT)) % ALIGNMENT)]));
  for (const part of data) writeSync(out, part);
  closeSync(out);
}
