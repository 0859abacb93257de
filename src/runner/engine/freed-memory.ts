/** Gives memory that native code has freed back to the system. */
import { dlopen, FFIType } from "bun:ffi";

const functions = { malloc_trim: { args: [FFIType.u64], returns: FFIType.i32 } } as const;

let glibc: ReturnType<typeof open> | undefined;

/**
 * Does nothing without glibc: other C libraries give freed memory back without a call. Blocks for some milliseconds, so call it
 * only when the process is idle.
 */
export function giveBackFreedMemory(): void {
  glibc ??= open();
  glibc?.symbols.malloc_trim(0n);
}

// --- internal ---

function open() {
  if (process.platform !== "linux") return null;
  try {
    return dlopen("libc.so.6", functions);
  } catch {
    // The C library is another one.
    return null;
  }
}
