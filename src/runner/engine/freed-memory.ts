/** Gives memory that native code has freed back to the system. */
import { dlopen, FFIType } from "bun:ffi";

/** Does nothing without glibc: other C libraries give freed memory back without a call. */
export function giveBackFreedMemory(): void {
  if (process.platform !== "linux") return;
  try {
    const glibc = { malloc_trim: { args: [FFIType.u64], returns: FFIType.i32 } } as const;
    dlopen("libc.so.6", glibc).symbols.malloc_trim(0n);
  } catch {
    // The C library is another one.
  }
}
