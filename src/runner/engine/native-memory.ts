/** Passes buffers to native code by address, for the duration of a call. */
import { ptr } from "bun:ffi";

/** Writes the address of `data` into a struct; NULL if it is absent or empty. */
export function setAddress(
  struct: DataView,
  offset: number,
  data: NodeJS.TypedArray | DataView | null,
): void {
  const address = data === null || data.byteLength === 0 ? 0 : Number(ptr(data));
  struct.setBigUint64(offset, BigInt(address), true);
}

/** The text as a C string: UTF-8 with a zero byte at the end. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text.replaceAll("\0", " ")}\0`);
}

/**
 * Call this after a native call with the buffers that the native code used. Otherwise the garbage collector might free
 * them during the call.
 */
export function keepAlive(..._held: unknown[]): void {}
