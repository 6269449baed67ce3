/** Reads `quantization_config` of a `config.json`: how the weights of its files were quantized, as far as that is not told by the tensors themselves. */
import { z } from 'zod';
import { UserError } from '../errors.js';

/** What the files hold. Activations that the method would round, too, stay as they are. */
export type Quantization = QuantizationMethod & {
  /** Method and format as the config names them. */
  readonly name: string;
  /** Whether the method rounds activations, too, when it computes. */
  readonly activations: boolean;
};

export type QuantizationMethod =
  /** Float8 with a factor for each block [rows, columns], or for each matrix (null). */
  | { readonly method: 'fp8'; readonly block: readonly [number, number] | null }
  | { readonly method: 'compressed-tensors'; readonly groups: readonly CompressedGroup[] }
  /** `zeroOffset`: what is added to zero points as they are stored. */
  | { readonly method: 'gptq'; readonly bits: 2 | 4 | 8; readonly groupSize: number | null; readonly zeroOffset: 0 | 1 }
  | { readonly method: 'awq'; readonly groupSize: number | null }
  | { readonly method: 'bitsandbytes'; readonly bits: 4 | 8 }
  | { readonly method: 'mxfp4' };

/** Layers that compressed-tensors quantized alike. */
export interface CompressedGroup {
  readonly bits: number;
  readonly kind: 'int' | 'float';
  /** Columns that share a factor; null: all, or a block. */
  readonly groupSize: number | null;
  readonly block: readonly [number, number] | null;
}

const size = z.number().int().positive();
const pair = z.tuple([size, size]);
const base = z.looseObject({
  quant_method: z.string().nullish(),
  load_in_8bit: z.boolean().nullish(),
  load_in_4bit: z.boolean().nullish(),
});
const fp8 = z.looseObject({
  weight_block_size: pair.nullish(),
  activation_scheme: z.string().nullish(),
  expert_dtype: z.string().nullish(),
});
const weightArguments = z.looseObject({
  num_bits: size.max(16),
  type: z.enum(['int', 'float']).default('int'),
  strategy: z.string().nullish(),
  group_size: z.number().int().nullish(),
  block_structure: z.union([pair, z.string()]).nullish(),
});
const compressed = z.looseObject({
  format: z.string().nullish(),
  quantization_status: z.string().nullish(),
  config_groups: z.record(
    z.string(),
    z.looseObject({
      weights: weightArguments.nullish(),
      input_activations: z.looseObject({}).nullish(),
      output_activations: z.looseObject({}).nullish(),
      format: z.string().nullish(),
    }),
  ),
  kv_cache_scheme: z.looseObject({}).nullish(),
  sparsity_config: z.looseObject({ format: z.string().nullish() }).nullish(),
  transform_config: z.looseObject({ config_groups: z.looseObject({}).nullish() }).nullish(),
});
const groupSize = z.number().int().min(-1).nullish();
const gptq = z.looseObject({
  bits: z.number(),
  group_size: groupSize,
  checkpoint_format: z.string().nullish(),
  dynamic: z.looseObject({}).nullish(),
  pack_dtype: z.string().nullish(),
  is_marlin_format: z.boolean().nullish(),
});
const awq = z.looseObject({
  bits: z.number().nullish(),
  w_bit: z.number().nullish(),
  group_size: groupSize,
  q_group_size: groupSize,
  version: z.string().nullish(),
  format: z.string().nullish(),
});
const bitsandbytes = z.looseObject({ load_in_8bit: z.boolean().nullish(), load_in_4bit: z.boolean().nullish() });

const FORMATS = ['float-quantized', 'int-quantized', 'naive-quantized', 'pack-quantized', 'mixed-precision', 'dense'];
const METHODS = ['fp8', 'compressed-tensors', 'gptq', 'awq', 'bitsandbytes', 'mxfp4'];
/** What always works, for the end of a refusal. */
export const OTHER_WAYS =
  'ways that work: the model in float32, float16 or bfloat16, --serve vllm, or a server that runs already (--model completions:NAME --base-url URL)';

/** A number of columns, or null for -1 and where none is named: all of them. */
function columns(found: number | null | undefined): number | null {
  return found === undefined || found === null || found <= 0 ? null : found;
}

function readCompressed(c: z.infer<typeof compressed>, refuse: (what: string) => never): Quantization | null {
  const groups = Object.values(c.config_groups);
  const formats = [...new Set([...(c.format ? [c.format] : []), ...groups.flatMap(({ format }) => (format ? [format] : []))])];
  const other = formats.find((format) => !FORMATS.includes(format));
  if (other !== undefined) return refuse(`format "${other}" of compressed-tensors is not read (read are ${FORMATS.join(', ')})`);
  if (formats.every((format) => format === 'dense') && formats.length > 0) return null;
  if (c.sparsity_config?.format && c.sparsity_config.format !== 'dense')
    return refuse(`sparsity_config: format "${c.sparsity_config.format}" is not read`);
  if (Object.keys(c.transform_config?.config_groups ?? {}).length > 0)
    return refuse('transform_config: activations that are transformed while computing are not supported');
  if (c.quantization_status && c.quantization_status !== 'compressed')
    return refuse(`quantization_status "${c.quantization_status}": only "compressed" is read`);
  const own = groups.flatMap(({ weights }): CompressedGroup[] => {
    if (!weights) return [];
    if (weights.type === 'float' && weights.num_bits !== 8) return refuse(`floats of ${weights.num_bits} bits are not read`);
    const { block_structure: structure } = weights;
    const parts = typeof structure === 'string' ? structure.split('x').map(Number) : (structure ?? null);
    const block = parts === null ? null : pair.safeParse(parts);
    if (block?.success === false) return refuse(`block_structure ${JSON.stringify(structure)}; valid is a pair of sizes`);
    return [{ bits: weights.num_bits, kind: weights.type, groupSize: columns(weights.group_size), block: block?.data ?? null }];
  });
  if (own.length === 0) return refuse('config_groups quantize no weights');
  return {
    method: 'compressed-tensors',
    groups: own,
    name: `compressed-tensors ${formats.join(', ')}`.trim(),
    activations: groups.some((group) => group.input_activations || group.output_activations) || Boolean(c.kv_cache_scheme),
  };
}

function readGptq(c: z.infer<typeof gptq>, refuse: (what: string) => never): Quantization {
  const { bits } = c;
  if (bits !== 2 && bits !== 4 && bits !== 8) return refuse(`gptq with ${bits} bits is not read (read are 2, 4 and 8)`);
  const format = c.checkpoint_format ?? 'gptq';
  if (c.is_marlin_format || (format !== 'gptq' && format !== 'gptq_v2'))
    return refuse(`checkpoint_format "${c.is_marlin_format ? 'marlin' : format}" is not read (read are gptq and gptq_v2)`);
  if (c.pack_dtype && c.pack_dtype !== 'int32') return refuse(`pack_dtype "${c.pack_dtype}" is not read (read is int32)`);
  if (Object.values(c.dynamic ?? {}).some((change) => typeof change === 'object' && change !== null && 'bits' in change))
    return refuse('dynamic: layers of several widths are not read');
  const zeroOffset = format === 'gptq' ? 1 : 0;
  return { method: 'gptq', bits, groupSize: columns(c.group_size), zeroOffset, name: `${format} ${bits} bit`, activations: false };
}

/**
 * Returns how the weights were quantized; null where the config says that they are not. `value`: what stands under `quantization_config`, if anything; `file` is for messages.
 * Throws `UserError` naming the method, and what works, for every other one.
 */
export function readQuantization(value: unknown, file: string): Quantization | null {
  if (value === undefined || value === null) return null;
  const refuse = (what: string): never => {
    throw new UserError(`${file}: quantization_config: ${what}; ${OTHER_WAYS}`);
  };
  const read = <T>(type: z.ZodType<T>): T => {
    const result = type.safeParse(value);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    throw new UserError(`${file}: quantization_config${issue?.path.map((step) => `.${String(step)}`).join('') ?? ''}: ${issue?.message}`);
  };
  const named = read(base);
  const method = named.quant_method ?? (named.load_in_8bit || named.load_in_4bit ? 'bitsandbytes' : null);
  if (method === null) return refuse(`has no quant_method; valid is one of ${METHODS.join(', ')}`);
  if (method === 'fp8') {
    const c = read(fp8);
    if (c.expert_dtype && c.expert_dtype !== 'fp8') return refuse(`expert_dtype "${c.expert_dtype}" is not read`);
    return { method, block: c.weight_block_size ?? null, name: 'fp8', activations: true };
  }
  if (method === 'compressed-tensors') return readCompressed(read(compressed), refuse);
  if (method === 'gptq') return readGptq(read(gptq), refuse);
  if (method === 'awq') {
    const c = read(awq);
    const bits = c.bits ?? c.w_bit ?? 4;
    const version = (c.version ?? c.format ?? 'gemm').toLowerCase();
    if (bits !== 4) return refuse(`awq with ${bits} bits is not read (read is 4)`);
    if (version !== 'gemm') return refuse(`awq of version "${version}" is not read (read is gemm)`);
    return { method, groupSize: columns(c.group_size ?? c.q_group_size ?? 128), name: 'awq 4 bit', activations: false };
  }
  if (method === 'bitsandbytes') {
    const bits = read(bitsandbytes).load_in_4bit ? 4 : 8;
    return { method, bits, name: `bitsandbytes ${bits} bit`, activations: bits === 8 };
  }
  if (method === 'mxfp4') return { method, name: method, activations: false };
  return refuse(`weights of quant_method "${method.slice(0, 40)}" are not read (read are ${METHODS.join(', ')})`);
}
