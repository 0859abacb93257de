/** Passes the addresses of buffers to native code for the duration of a call. */
import { ptr } from "bun:ffi";

/** Writes the address of `data` into a struct. Writes NULL if `data` is undefined or empty. */
export function setAddress(
  struct: DataView,
  offset: number,
  data: NodeJS.TypedArray | DataView | null,
): void {
  const address = data === null || data.byteLength === 0 ? 0 : Number(ptr(data));
  struct.setBigUint64(offset, BigInt(address), true);
}

/** Returns the text as a C string: UTF-8 with a zero byte at the end. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text.replaceAll("\0", " ")}\0`);
}

/**
 * Keeps buffers alive until this function is called. Call it after a native call, and pass all buffers that the native
 * code used. Otherwise the garbage collector might free the buffers during the native call.
 */
export function keepAlive(..._held: unknown[]): void {}
