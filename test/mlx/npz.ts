/** Writes an npz file as MLX and NumPy do: a ZIP archive without compression, with one NumPy file per tensor. */
import { crc32 } from "node:zlib";
import type { MlxTensor } from "./tensors.ts";

export function npzBytes(tensors: readonly MlxTensor[]): Uint8Array {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const tensor of tensors) {
    const name = Buffer.from(`${tensor.name}.npy`);
    const file = npyBytes(tensor);
    // NumPy always writes the sizes of an entry a second time, as numbers of 64 bits.
    const extra = Buffer.alloc(20);
    extra.writeUInt16LE(1, 0);
    extra.writeUInt16LE(16, 2);
    extra.writeBigUInt64LE(BigInt(file.length), 4);
    extra.writeBigUInt64LE(BigInt(file.length), 12);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(45, 4);
    local.writeUInt32LE(crc32(file), 14);
    local.writeUInt32LE(0xffffffff, 18);
    local.writeUInt32LE(0xffffffff, 22);
    local.writeUInt16LE(name.length, 26);
    local.writeUInt16LE(extra.length, 28);
    parts.push(local, name, extra, file);
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(45, 4);
    record.writeUInt16LE(45, 6);
    record.writeUInt32LE(crc32(file), 16);
    record.writeUInt32LE(file.length, 20);
    record.writeUInt32LE(file.length, 24);
    record.writeUInt16LE(name.length, 28);
    record.writeUInt32LE(offset, 42);
    directory.push(record, name);
    offset += local.length + name.length + extra.length + file.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(tensors.length, 8);
  end.writeUInt16LE(tensors.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, list, end]);
}

// --- internal ---

const descriptions = { F32: "<f4", F16: "<f2", BF16: "<V2", U32: "<u4", I64: "<i8" } as const;

function npyBytes({ shape, type, bytes }: MlxTensor): Buffer {
  const sizes = shape.map((n) => `${n},`).join(" ");
  const text = `{'descr': '${descriptions[type]}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const header = Buffer.from(`${text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11)}\n`);
  const start = Buffer.from("\x93NUMPY\x01\x00\x00\x00", "latin1");
  start.writeUInt16LE(header.length, 8);
  return Buffer.concat([start, header, bytes]);
}
