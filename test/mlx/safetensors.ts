/** Writes a safetensors file. */
import type { MlxTensor } from "./tensors.ts";

export function safetensorsBytes(tensors: readonly MlxTensor[]): Uint8Array {
  const header: Record<string, object> = {};
  let offset = 0;
  for (const { name, shape, type, bytes } of tensors) {
    const end = offset + bytes.length;
    header[name] = { dtype: type, shape, data_offsets: [offset, end] };
    offset = end;
  }
  return safetensorsFile(
    header,
    tensors.map(({ bytes }) => bytes),
  );
}

/** Writes a file with any header, for tests of damaged files. `parts` are the bytes of the tensors. */
export function safetensorsFile(header: object, parts: readonly Uint8Array[]): Uint8Array {
  const json = Buffer.from(JSON.stringify({ __metadata__: { format: "mlx" }, ...header }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}
