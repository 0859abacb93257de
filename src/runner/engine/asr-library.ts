/** Calls the functions that ffi/asr.h declares, and converts their statuses to errors. */
import { type Library, type Pointer, FFIType as t, ptr } from "bun:ffi";
import { AsrError, type ErrorCode } from "../../errors.ts";
import { openNativeLibrary } from "../native-library.ts";
import { type ModelFiles, type ModelSource, structSize, writeModelFiles } from "./asr-structs.ts";
import { cString, keepAlive, setAddress } from "./native-memory.ts";

const abiVersion = 8;

const symbols = {
  asr_abi_version: { args: [], returns: t.i32 },
  asr_engine_description: { args: [], returns: t.cstring },
  asr_last_error: { args: [], returns: t.cstring },
  asr_model_load: { args: [t.ptr, t.ptr], returns: t.i32 },
  asr_model_free: { args: [t.ptr], returns: t.void },
  asr_model_get_info: { args: [t.ptr, t.ptr], returns: t.i32 },
  asr_model_get_language: { args: [t.ptr, t.i32], returns: t.cstring },
  asr_model_get_token_bytes: { args: [t.ptr, t.i32, t.ptr, t.i32], returns: t.i32 },
  asr_lane_open: { args: [t.ptr, t.ptr], returns: t.i32 },
  asr_lane_close: { args: [t.ptr], returns: t.void },
  asr_lane_detect_language: { args: [t.ptr, t.ptr, t.i32], returns: t.i32 },
  asr_lane_decode: { args: [t.ptr, t.ptr, t.i32], returns: t.i32 },
  asr_lane_align: { args: [t.ptr, t.ptr, t.i32], returns: t.i32 },
  asr_lane_recognize: { args: [t.ptr, t.ptr, t.i32], returns: t.i32 },
  asr_stream_open: { args: [t.ptr, t.ptr, t.ptr], returns: t.i32 },
  asr_stream_close: { args: [t.ptr], returns: t.void },
  asr_stream_feed: { args: [t.ptr, t.ptr, t.i32], returns: t.i32 },
  asr_lane_get_result: { args: [t.ptr, t.i32, t.ptr], returns: t.i32 },
  asr_lane_get_times: { args: [t.ptr, t.ptr], returns: t.i32 },
  asr_lane_get_tokens: { args: [t.ptr, t.i32, t.ptr, t.i32], returns: t.i32 },
  asr_lane_get_text: { args: [t.ptr, t.i32, t.ptr, t.i32], returns: t.i32 },
  asr_lane_get_language_probs: { args: [t.ptr, t.i32, t.ptr, t.i32], returns: t.i32 },
} as const;

/** `ASR_STATUS_*` */
const status = { badModel: -2, unsupported: -3, outOfMemory: -4, cancelled: -5 } as const;

/** An open engine library. The main thread must open the library before any Worker opens it. */
export class EngineLibrary {
  readonly #library: Library<typeof symbols>;

  constructor(path: string) {
    this.#library = openNativeLibrary(path, symbols, {
      kind: "engine",
      header: "asr.h",
      version: abiVersion,
      readVersion: (c) => c.asr_abi_version(),
    });
  }

  get c(): Library<typeof symbols>["symbols"] {
    return this.#library.symbols;
  }

  get description(): string {
    return this.c.asr_engine_description() ?? "";
  }

  /** Throws an error with the engine's message if `code` is the status of a failure. */
  check(code: number, action: string, fallback: ErrorCode = "internal_error"): void {
    if (code >= 0) return;
    const message = this.c.asr_last_error() ?? "";
    throw new AsrError(codeOf(code, fallback), message === "" ? `Cannot ${action}` : message);
  }

  /** Calls a function that opens a handle. The function writes the handle to `out`. Returns the handle. */
  openHandle(call: (out: Pointer) => number, action: string, fallback?: ErrorCode): Pointer {
    const out = new BigUint64Array(1);
    this.check(call(ptr(out)), action, fallback);
    return Number(out[0]) as Pointer;
  }

  /** Returns the address of a buffer. The address may be used for only one native call. */
  addressOf(buffer: NodeJS.TypedArray | DataView): Pointer {
    return ptr(buffer);
  }

  /**
   * Loads a model and returns its handle. To free the model, create a `Model` with this handle and dispose the `Model`.
   */
  loadModel(source: ModelSource): Pointer {
    const { from } = source;
    const path = typeof from === "string" ? cString(from) : null;
    const data = from instanceof Uint8Array ? from : null;
    const files = path === null && data === null ? writeModelFiles(from as ModelFiles) : null;
    const computeType = source.computeType ? cString(source.computeType) : null;
    const options = new DataView(new ArrayBuffer(structSize.modelOptions));
    setAddress(options, 0, path);
    setAddress(options, 8, data);
    options.setBigInt64(16, BigInt(data?.byteLength ?? 0), true);
    options.setInt32(24, source.gpu ? 1 : 0, true);
    options.setInt32(28, source.threads, true);
    setAddress(options, 32, computeType);
    setAddress(options, 40, files?.structs ?? null);
    options.setBigInt64(48, BigInt(files?.count ?? 0), true);
    const model = this.openHandle(
      (out) => this.c.asr_model_load(ptr(options), out),
      "load the model",
      "model_load_failed",
    );
    keepAlive(path, data, files, computeType, options);
    return model;
  }
}

// --- internal ---

function codeOf(code: number, fallback: ErrorCode): ErrorCode {
  switch (code) {
    case status.badModel:
      return "model_load_failed";
    case status.unsupported:
      return fallback === "model_load_failed" ? fallback : "unsupported_value";
    case status.outOfMemory:
      return fallback === "model_load_failed" ? fallback : "out_of_memory";
    case status.cancelled:
      return "client_closed_request";
    default:
      return fallback;
  }
}
