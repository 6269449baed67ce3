/** Holds a graph against the checked-in list of CUDA kernels: every operator, the type of each of its inputs, and the types that go into and out of a loop. */
import { readFileSync } from 'node:fs';
import { ELEMENT, type GraphMessage, type NodeMessage } from '../../../src/backends/onnx/proto.js';
import { packagePath } from '../../../src/package-files.js';

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

/** `T`: the operator's data type, one for all of them; other letters are fixed. The last letter holds for all inputs that follow. */
type Kind = 'T' | 'int64' | 'bool';
interface Rule {
  readonly inputs: readonly Kind[];
  readonly output: Kind;
}
const same: Rule = { inputs: ['T'], output: 'T' };
const compared: Rule = { inputs: ['T'], output: 'bool' };
const logical: Rule = { inputs: ['bool'], output: 'bool' };
const shaped: Rule = { inputs: ['T', 'int64'], output: 'T' };
/** Signatures of the ONNX specification (operator set 21) and of ONNX Runtime's contributed operators. */
const RULES: Record<string, Rule> = {
  ':Add': same,
  ':And': logical,
  ':ArgMax': { inputs: ['T'], output: 'int64' },
  ':Concat': same,
  ':Equal': compared,
  ':Exp': same,
  ':Gather': shaped,
  ':GatherND': shaped,
  ':Gelu': same,
  ':Gemm': same,
  ':GreaterOrEqual': compared,
  ':Identity': same,
  ':Less': compared,
  ':LessOrEqual': compared,
  ':Log': same,
  ':MatMul': same,
  ':Mul': same,
  ':Not': logical,
  ':Or': logical,
  ':ReduceMax': shaped,
  ':ReduceMin': shaped,
  ':ReduceSum': shaped,
  ':Reshape': shaped,
  ':SimplifiedLayerNormalization': same,
  ':Slice': shaped,
  ':Softmax': same,
  ':Split': shaped,
  ':Squeeze': shaped,
  ':Sub': same,
  ':Tanh': same,
  ':Transpose': same,
  ':Where': { inputs: ['bool', 'T'], output: 'T' },
  'com.microsoft:QuickGelu': same,
  'com.microsoft:RotaryEmbedding': { inputs: ['T', 'int64', 'T'], output: 'T' },
};

type Types = Map<string, number>;

/**
 * Returns what of a graph has no kernel on CUDA, or is no valid graph: one line each, none twice. `outer`: types of what a loop's body sees of the graph around it.
 */
export function missingKernels(graph: GraphMessage, outer: Types = new Map()): string[] {
  const types: Types = new Map([
    ...outer,
    ...graph.initializer.map((t): [string, number] => [t.name, t.dataType]),
    ...graph.input.map((i): [string, number] => [i.name, i.type.tensorType.elemType]),
  ]);
  const missing: string[] = [];
  const typeOf = (node: NodeMessage, name: string | undefined): number => {
    const type = types.get(name ?? '');
    if (type === undefined) throw new Error(`${node.name}: ${name} comes from nowhere`);
    return type;
  };
  for (const node of graph.node) {
    const name = `${node.domain}:${node.opType}`;
    const inputs = node.input.map((input) => typeOf(node, input));
    const check = (type: number | undefined): void => {
      if (!list.operators[name]?.includes(NAMES[type ?? 0] ?? '')) missing.push(`${name} ${NAMES[type ?? 0]}`);
    };
    if (node.opType === 'Cast') {
      const to = Number(node.attribute.find((a) => a.name === 'to')?.i);
      check(inputs[0]);
      check(to);
      types.set(node.output[0] ?? '', to);
      continue;
    }
    if (node.opType === 'Loop') {
      missing.push(...loop(node, inputs, types, check));
      continue;
    }
    const rule = RULES[name];
    if (rule === undefined) {
      missing.push(`${name} is not known here`);
      for (const output of node.output) types.set(output, inputs[0] ?? 0);
      continue;
    }
    const kind = (i: number): Kind => rule.inputs[Math.min(i, rule.inputs.length - 1)] ?? 'T';
    const own = rule.inputs.includes('T') ? inputs[inputs.findIndex((_, i) => kind(i) === 'T')] : ELEMENT.bool;
    check(own);
    for (const [i, type] of inputs.entries()) {
      // Gather takes indices of either size; every other operator here those of 64 bits.
      if (name === ':Gather' && i === 1 && type === ELEMENT.int32) continue;
      const wanted = kind(i) === 'T' ? own : ELEMENT[kind(i) as 'int64' | 'bool'];
      if (type !== wanted) missing.push(`${name}: input ${i} (${node.input[i]}) is ${NAMES[type]}`);
    }
    const out = rule.output === 'T' ? own : ELEMENT[rule.output];
    for (const output of node.output) types.set(output, out ?? 0);
  }
  for (const output of graph.output) {
    if (types.get(output.name) !== output.type.tensorType.elemType) missing.push(`output ${output.name} is of another type than it says`);
  }
  return [...new Set(missing)];
}

/** A loop: condition and count, then values that each step hands to the next one, then values that are collected. */
function loop(node: NodeMessage, inputs: readonly number[], types: Types, check: (type: number | undefined) => void): string[] {
  const body = node.attribute.find((a) => a.name === 'body')?.g;
  if (body === undefined || body === null) return [`${node.name} has no body`];
  const problems: string[] = [];
  if (inputs[0] !== ELEMENT.int64 || inputs[1] !== ELEMENT.bool) problems.push(`${node.name}: count and condition are of other types`);
  const carried = inputs.slice(2);
  const taken = body.input.slice(2).map((i) => i.type.tensorType.elemType);
  const given = body.output.map((o) => o.type.tensorType.elemType);
  if (body.input.length !== node.input.length)
    problems.push(`${node.name}: the body takes ${body.input.length} values of ${node.input.length}`);
  if (body.output.length - 1 !== node.output.length)
    problems.push(`${node.name}: the body gives ${body.output.length - 1} values of ${node.output.length}`);
  for (const [i, type] of carried.entries()) {
    check(type);
    if (taken[i] !== type || given[i + 1] !== type) problems.push(`${node.name}: carried value ${i} changes its type`);
  }
  for (const input of [...body.input, ...body.initializer]) {
    if (types.has(input.name)) problems.push(`${node.name}: ${input.name} hides a value outside`);
  }
  problems.push(...missingKernels(body, types));
  node.output.forEach((output, i) => {
    types.set(output, given[i + 1] ?? 0);
  });
  return problems;
}
