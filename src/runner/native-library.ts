/** Opens a native library of this project, and checks that the library has the expected version of its C header. */
import { dlopen, type FFIFunction, type Library } from "bun:ffi";
import { AsrError } from "../errors.ts";

interface Expected<Functions extends Record<string, FFIFunction>> {
  /** Kind of the library, for error messages. */
  readonly kind: "engine" | "audio";
  readonly header: string;
  readonly version: number;
  readonly readVersion: (c: Library<Functions>["symbols"]) => number;
}

/**
 * Opens a library. Throws `model_load_failed` if the library cannot be opened, or if it has another version of its C
 * header.
 */
export function openNativeLibrary<Functions extends Record<string, FFIFunction>>(
  path: string,
  functions: Functions,
  { kind, header, version, readVersion }: Expected<Functions>,
): Library<Functions> {
  const library = open(path, functions, kind);
  const found = readVersion(library.symbols);
  if (found !== version) {
    throw new AsrError(
      "model_load_failed",
      `Cannot use the ${kind} library: it has version ${found} of ${header}, expected ${version}`,
    );
  }
  return library;
}

// --- internal ---

function open<Functions extends Record<string, FFIFunction>>(
  path: string,
  functions: Functions,
  kind: string,
): Library<Functions> {
  try {
    return dlopen(path, functions);
  } catch (cause) {
    // Bun's message starts with the path of the library. Removes this path, because the error message must not show it.
    const reason = String(cause).replace(/^.*": /u, "");
    // Bun generates code for the calls of native functions. When Bun starts, it reserves memory for this code. This
    // error means that the reservation failed.
    if (reason.includes("requires the JIT")) {
      throw new AsrError(
        "model_load_failed",
        `Cannot open the ${kind} library: not enough memory? The process could not reserve memory for generated ` +
          "code. Raise the limit on its address space (ulimit -v)",
        { cause },
      );
    }
    throw new AsrError(
      "model_load_failed",
      `Cannot open the ${kind} library: ${reason}. If the message names a system library, install it (libstdc++.so.6 is in the package libstdc++6 or libstdc++)`,
      { cause },
    );
  }
}
