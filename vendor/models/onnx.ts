// Reads the weights of an ONNX file. ONNX calls them initializers.

import { PbfReader } from "pbf";
import { BuildError } from "../packages.mjs";

export interface Initializer {
  readonly shape: readonly number[];
  /** Values in row-major order: the outermost dimension varies slowest. */
  readonly values: Float32Array<ArrayBuffer>;
}

/** Returns a map from the name of each float32 initializer of the main graph to the initializer. */
export function readInitializers(file: Uint8Array): Map<string, Initializer> {
  const found = new Map<string, Initializer>();
  new PbfReader(file).readFields(readModel, found);
  return found;
}

// --- internal ---

// Field numbers, and the number of the type float32, from onnx.proto. This file defines the format of ONNX files.
const modelGraph = 7;
const graphInitializer = 5;
const tensorField = { dims: 1, dataType: 2, name: 8, rawData: 9 };
const float32 = 1;

interface Tensor {
  name: string;
  type: number;
  shape: number[];
  bytes: Uint8Array;
}

function readModel(field: number, found: Map<string, Initializer>, reader: PbfReader): void {
  if (field === modelGraph) reader.readMessage(readGraph, found);
}

function readGraph(field: number, found: Map<string, Initializer>, reader: PbfReader): void {
  if (field !== graphInitializer) return;
  const empty: Tensor = { name: "", type: 0, shape: [], bytes: new Uint8Array() };
  const { name, type, shape, bytes } = reader.readMessage(readTensor, empty);
  if (type !== float32) return;
  const elements = shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== elements * 4) {
    throw new BuildError(
      `Cannot read "${name}": it has ${bytes.length} bytes, expected ${elements * 4} for its shape`,
    );
  }
  found.set(name, { shape, values: new Float32Array(new Uint8Array(bytes).buffer) });
}

function readTensor(field: number, tensor: Tensor, reader: PbfReader): void {
  if (field === tensorField.dims) reader.readPackedVarint(tensor.shape);
  else if (field === tensorField.dataType) tensor.type = reader.readVarint();
  else if (field === tensorField.name) tensor.name = reader.readString();
  else if (field === tensorField.rawData) tensor.bytes = reader.readBytes();
}
