/** How buffers of ours are handed to native code: by their addresses, for as long as a call runs. */
import { ptr } from "bun:ffi";

/** Writes the address of `data` into a struct; absent or empty data is NULL. */
export function setAddress(
  struct: DataView,
  offset: number,
  data: NodeJS.TypedArray | DataView | null,
): void {
  const address = data === null || data.byteLength === 0 ? 0 : Number(ptr(data));
  struct.setBigUint64(offset, BigInt(address), true);
}

/** The text as C reads it: UTF-8 with a zero byte at the end. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text.replaceAll("\0", " ")}\0`);
}

/** Native code still reads these buffers: the garbage collector must not take them before this line. */
export function keepAlive(..._held: unknown[]): void {}
