/**
 * Reads ORT files, onnxruntime's own format of models. They are FlatBuffers: a table has a list with the position of each
 * field, and a field with a string, a list or a table contains the distance to it.
 */

export class OrtFile {
  readonly #bytes: Buffer;
  readonly #constants = new Map<string, Constant>();
  readonly #inputs = new Map<string, readonly string[]>();

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    const session = bytes.readUInt32LE(0);
    this.#readGraph(this.#table(this.#table(session, fields.model)!, fields.graph)!);
  }

  /** Returns the names of the inputs of a node. */
  inputsOf(node: string): readonly string[] {
    const inputs = this.#inputs.get(node);
    if (inputs === undefined) throw new Error(`Expected a node ${node}`);
    return inputs;
  }

  has(name: string): boolean {
    return this.#constants.has(name);
  }

  /** Returns a constant of the graph as 32-bit floats. A constant in 8 bits has a scale and a zero point. */
  values(name: string): Tensor {
    const eightBits = this.#constants.get(`${name}_quantized`);
    if (eightBits === undefined) return this.#floats(name);
    const [scale] = this.#floats(`${name}_scale`).values;
    const [zero] = this.#integers(this.#constant(`${name}_zero_point`));
    const values = Float32Array.from(this.#integers(eightBits), (one) => (one - zero!) * scale!);
    return { shape: eightBits.shape, values };
  }

  // --- internal ---

  #constant(name: string): Constant {
    const constant = this.#constants.get(name);
    if (constant === undefined) throw new Error(`Expected a constant ${name}`);
    return constant;
  }

  #floats(name: string): Tensor {
    const { shape, type, bytes } = this.#constant(name);
    if (type !== types.float32)
      throw new Error(`Expected 32-bit floats in ${name}, found type ${type}`);
    return { shape, values: new Float32Array(Uint8Array.from(bytes).buffer) };
  }

  #integers({ type, bytes }: Constant): Uint8Array | Int8Array {
    return type === types.int8 ? Int8Array.from(bytes, (byte) => (byte << 24) >> 24) : bytes;
  }

  #readGraph(graph: number): void {
    for (const tensor of this.#tables(graph, fields.constants)) {
      this.#constants.set(this.#text(tensor, fields.tensorName), {
        shape: this.#longs(tensor, fields.shape),
        type: this.#bytes.readInt32LE(this.#field(tensor, fields.type) ?? 0),
        bytes: this.#blob(tensor, fields.bytes),
      });
    }
    for (const node of this.#tables(graph, fields.nodes)) {
      const name = this.#text(node, fields.nodeName);
      if (!this.#inputs.has(name)) this.#inputs.set(name, this.#texts(node, fields.inputs));
      for (const attribute of this.#tables(node, fields.attributes)) {
        const inner = this.#table(attribute, fields.innerGraph);
        if (inner !== null) this.#readGraph(inner);
      }
    }
  }

  /** Returns the position of a field. Null when the table does not have the field. */
  #field(table: number, field: number): number | null {
    const positions = table - this.#bytes.readInt32LE(table);
    if (field >= this.#bytes.readUInt16LE(positions)) return null;
    const distance = this.#bytes.readUInt16LE(positions + field);
    return distance === 0 ? null : table + distance;
  }

  #table(table: number, field: number): number | null {
    const at = this.#field(table, field);
    return at === null ? null : at + this.#bytes.readUInt32LE(at);
  }

  /** Returns the number of elements of a list and the position of the first one. */
  #list(table: number, field: number): { length: number; start: number } {
    const at = this.#table(table, field);
    return at === null
      ? { length: 0, start: 0 }
      : { length: this.#bytes.readUInt32LE(at), start: at + 4 };
  }

  #tables(table: number, field: number): number[] {
    const { length, start } = this.#list(table, field);
    return Array.from({ length }, (_, i) => {
      const at = start + 4 * i;
      return at + this.#bytes.readUInt32LE(at);
    });
  }

  #blob(table: number, field: number): Uint8Array {
    const { length, start } = this.#list(table, field);
    return this.#bytes.subarray(start, start + length);
  }

  #longs(table: number, field: number): number[] {
    const { length, start } = this.#list(table, field);
    return Array.from({ length }, (_, i) => Number(this.#bytes.readBigInt64LE(start + 8 * i)));
  }

  #text(table: number, field: number): string {
    return Buffer.from(this.#blob(table, field)).toString();
  }

  #texts(table: number, field: number): string[] {
    return this.#tables(table, field).map((at) =>
      this.#bytes.toString("utf8", at + 4, at + 4 + this.#bytes.readUInt32LE(at)),
    );
  }
}

export interface Tensor {
  /** Dimensions in ONNX's order: adjacent values differ in the last dimension. */
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

interface Constant {
  readonly shape: readonly number[];
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Positions of the fields in the lists of their tables (onnxruntime/core/flatbuffers/schema/ort.fbs). */
const fields = {
  model: 6,
  graph: 18,
  constants: 4,
  nodes: 8,
  tensorName: 4,
  shape: 8,
  type: 10,
  bytes: 12,
  nodeName: 4,
  inputs: 20,
  attributes: 24,
  innerGraph: 18,
} as const;

/** Numbers of ONNX's types. */
const types = { float32: 1, int8: 3 } as const;
