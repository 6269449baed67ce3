/** Small graphs beside the model's, for tensors that stay on the device: to bring one there, and to keep some columns of keys and values. */
import './no-telemetry.js';
import type * as ort from 'onnxruntime-node';
import { type Attribute, NO_WEIGHTS, newGraph } from './graph-builder.js';
import type { ElementName } from './proto.js';
import { int32 } from './tensors.js';

/** Opens a graph whose outputs stay where those of the model stay. */
export type OpenTool = (graph: Uint8Array) => Promise<ort.InferenceSession>;

/** A graph with one node for each output. */
function toolGraph(
  nodes: readonly {
    readonly op: string;
    readonly inputs: readonly string[];
    readonly output: string;
    readonly attributes?: Record<string, Attribute>;
  }[],
  inputs: Readonly<Record<string, readonly [ElementName, number]>>,
  type: ElementName,
): Uint8Array {
  const g = newGraph(NO_WEIGHTS, type, '');
  for (const [name, [element, rank]] of Object.entries(inputs))
    g.input(
      name,
      element,
      Array.from({ length: rank }, () => null),
    );
  for (const { op, inputs: from, output, attributes } of nodes) {
    g.nodeTo([output], op, from, attributes);
    g.output(output, type, null);
  }
  return g.build();
}

export interface CardTools {
  /** The same table on the device. */
  hold(table: ort.Tensor): Promise<ort.Tensor>;
  /** Columns `columns` of keys [.., .., head, T] and values [.., .., T, head], in their order. */
  gather(keys: ort.Tensor, values: ort.Tensor, columns: Int32Array): Promise<readonly [ort.Tensor, ort.Tensor]>;
  release(): Promise<void>;
}

/**
 * Returns the tools of a session; each graph is opened when it is first used.
 */
export function cardTools(compute: ElementName, open: OpenTool): CardTools {
  let holding: Promise<ort.InferenceSession> | null = null;
  let gathering: Promise<ort.InferenceSession> | null = null;
  const given = (tensor: ort.Tensor | undefined): ort.Tensor => {
    if (tensor === undefined) throw new Error('the runtime gave no tensor');
    return tensor;
  };
  return {
    async hold(table) {
      holding ??= open(toolGraph([{ op: 'Identity', inputs: ['x'], output: 'y' }], { x: ['float32', 2] }, 'float32'));
      return given((await (await holding).run({ x: table })).y);
    },
    async gather(keys, values, columns) {
      gathering ??= open(
        toolGraph(
          [
            { op: 'Gather', inputs: ['keys', 'columns'], output: 'kept_keys', attributes: { axis: 3 } },
            { op: 'Gather', inputs: ['values', 'columns'], output: 'kept_values', attributes: { axis: 2 } },
          ],
          { keys: [compute, 4], values: [compute, 4], columns: ['int32', 1] },
          compute,
        ),
      );
      const out = await (await gathering).run({ keys, values, columns: int32(columns, [columns.length]) });
      return [given(out.kept_keys), given(out.kept_values)];
    },
    async release() {
      await (await holding)?.release();
      await (await gathering)?.release();
    },
  };
}
