/** The TypeScript mirror of ffi/asr.h: the same words, the same order, no policy. */
import { type Library, type Pointer, dlopen, FFIType as t, ptr } from "bun:ffi";
import { AsrError, type ErrorCode } from "../../errors.ts";

const abiVersion = 3;

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
  asr_lane_get_result: { args: [t.ptr, t.i32, t.ptr], returns: t.i32 },
  asr_lane_get_tokens: { args: [t.ptr, t.i32, t.ptr, t.i32], returns: t.i32 },
  asr_lane_get_language_probs: { args: [t.ptr, t.i32, t.ptr, t.i32], returns: t.i32 },
} as const;

const status = {
  ok: 0,
  badArgument: -1,
  badModel: -2,
  unsupported: -3,
  outOfMemory: -4,
  cancelled: -5,
  internal: -6,
} as const;

export const capability = {
  detectLanguage: 1 << 0,
  translate: 1 << 1,
  prompt: 1 << 2,
  align: 1 << 3,
  beam: 1 << 4,
  timestamps: 1 << 5,
} as const;

/** What a chunk's input holds. */
export const inputKind = { pcm16k: 0, logMel80: 1, logMel128: 2, pcm24k: 3 } as const;

export interface ModelSource {
  /** Path of the model's file or folder, or the bytes of a model that lives in memory. */
  readonly from: string | Uint8Array;
  readonly gpu: boolean;
  readonly threads: number;
  /** Number format to compute in; absent: the engine's choice. */
  readonly computeType?: string | null;
}

export interface ModelInfo {
  /** One of `inputKind`. */
  readonly input: number;
  readonly capabilities: number;
  readonly nVocab: number;
  readonly nPromptMax: number;
  /** Token ids below it are text. */
  readonly tokenTextEnd: number;
  /** Id of timestamp 0; -1 when the model has none. */
  readonly tokenTimestampBegin: number;
  readonly timestampStepS: number;
  readonly windowMaxS: number;
  /** 0: the encoder's window cannot be chosen. */
  readonly windowStepS: number;
  /** ISO 639-1 codes, in the order of the engine's indices. */
  readonly languages: readonly string[];
}

/** `struct asr_chunk`; arrays lie in shared memory or live until the call returns. */
export interface Chunk {
  /** Samples, or features: all frames of the first mel band, then all of the next. */
  readonly input: Float32Array;
  readonly cancel: Int32Array;
  readonly prompt: Int32Array;
  readonly tokens: Int32Array;
  readonly id: number;
  readonly windowS: number;
  /** Index of the language spoken. */
  readonly language: number;
  readonly translate: boolean;
  readonly timestamps: boolean;
  readonly temperature: number;
  readonly beamSize: number;
  readonly bestOf: number;
  readonly seed: number;
  readonly threads: number;
}

export interface DecodeResult {
  readonly tokens: Int32Array;
  readonly logprobs: Float32Array;
  readonly avgLogprob: number;
  readonly noSpeechProb: number;
  readonly windowS: number;
  readonly isComplete: boolean;
}

export interface AlignResult {
  /** Seconds from the start of the chunk, one a token. */
  readonly startS: Float32Array;
  readonly endS: Float32Array;
}

/** One engine's shim, opened. Open it on the main thread before any Worker does. */
export class EngineLibrary {
  readonly #library: Library<typeof symbols>;

  constructor(path: string) {
    this.#library = open(path);
    const found = this.#library.symbols.asr_abi_version();
    if (found !== abiVersion) {
      throw new AsrError(
        "model_load_failed",
        `Cannot use the engine library: it speaks version ${found} of asr.h, expected ${abiVersion}`,
      );
    }
  }

  get c(): Library<typeof symbols>["symbols"] {
    return this.#library.symbols;
  }

  get description(): string {
    return this.c.asr_engine_description() ?? "";
  }

  /** Throws what a failed status means, with the engine's own words. */
  check(code: number, action: string, fallback: ErrorCode = "internal_error"): void {
    if (code >= 0) return;
    const words = this.c.asr_last_error() ?? "";
    throw new AsrError(codeOf(code, fallback), words === "" ? `Cannot ${action}` : words);
  }

  /** The model's handle; `new Model()` takes it over. */
  loadModel(source: ModelSource): Pointer {
    const path = typeof source.from === "string" ? cString(source.from) : null;
    const data = typeof source.from === "string" ? null : source.from;
    const computeType = source.computeType ? cString(source.computeType) : null;
    const options = new DataView(new ArrayBuffer(40));
    setPointer(options, 0, path);
    setPointer(options, 8, data);
    options.setBigInt64(16, BigInt(data?.byteLength ?? 0), true);
    options.setInt32(24, source.gpu ? 1 : 0, true);
    options.setInt32(28, source.threads, true);
    setPointer(options, 32, computeType);
    const out = new BigUint64Array(1);
    const code = this.c.asr_model_load(ptr(options), ptr(out));
    this.check(code, "load the model", "model_load_failed");
    keepAlive(path, data, computeType, options);
    return Number(out[0]) as Pointer;
  }
}

/** A loaded model's vocabulary and facts; quick calls, safe on any thread. */
export class Model implements Disposable {
  readonly info: ModelInfo;
  readonly #library: EngineLibrary;
  readonly #pointer: Pointer;
  /** Longer than any token. */
  readonly #bytes = new Uint8Array(1024);

  constructor(library: EngineLibrary, pointer: Pointer) {
    this.#library = library;
    this.#pointer = pointer;
    this.info = this.#readInfo();
  }

  /** The bytes a token stands for; they may end inside a UTF-8 character. */
  tokenBytes(id: number): Uint8Array {
    const bytes = this.#bytes;
    const n = this.#library.c.asr_model_get_token_bytes(
      this.#pointer,
      id,
      ptr(bytes),
      bytes.length,
    );
    this.#library.check(n, "read a token");
    return bytes.slice(0, n);
  }

  /** Frees the model; its lanes must be closed. */
  [Symbol.dispose](): void {
    this.#library.c.asr_model_free(this.#pointer);
  }

  #readInfo(): ModelInfo {
    const info = new DataView(new ArrayBuffer(40));
    const c = this.#library.c;
    this.#library.check(c.asr_model_get_info(this.#pointer, ptr(info)), "read the model's facts");
    const languages = Array.from(
      { length: info.getInt32(12, true) },
      (_, index) => c.asr_model_get_language(this.#pointer, index) ?? "",
    );
    return {
      input: info.getInt32(0, true),
      capabilities: info.getInt32(4, true),
      nVocab: info.getInt32(8, true),
      nPromptMax: info.getInt32(16, true),
      tokenTextEnd: info.getInt32(20, true),
      tokenTimestampBegin: info.getInt32(24, true),
      timestampStepS: info.getFloat32(28, true),
      windowMaxS: info.getFloat32(32, true),
      windowStepS: info.getFloat32(36, true),
      languages,
    };
  }
}

/** One lane, used by the thread that opened it; each call blocks until the engine is done. */
export class Lane implements Disposable {
  readonly #library: EngineLibrary;
  readonly #pointer: Pointer;
  readonly #valuesPerFrame: number;

  constructor(library: EngineLibrary, model: Pointer) {
    const out = new BigUint64Array(1);
    library.check(library.c.asr_lane_open(model, ptr(out)), "open a lane", "model_load_failed");
    this.#library = library;
    this.#pointer = Number(out[0]) as Pointer;
    this.#valuesPerFrame = valuesPerFrame(new Model(library, model).info.input);
  }

  /** Probability of each language, in the engine's order. */
  detectLanguage(chunk: Chunk): Float32Array {
    this.#call("asr_lane_detect_language", chunk, "detect the language");
    const { c } = this.#library;
    const probs = new Float32Array(c.asr_lane_get_language_probs(this.#pointer, 0, null, 0));
    c.asr_lane_get_language_probs(this.#pointer, 0, ptr(probs), probs.length);
    return probs;
  }

  decode(chunk: Chunk): DecodeResult {
    this.#call("asr_lane_decode", chunk, "decode");
    const result = new DataView(new ArrayBuffer(24));
    this.#library.check(
      this.#library.c.asr_lane_get_result(this.#pointer, 0, ptr(result)),
      "decode",
    );
    const tokens = this.#tokens();
    return {
      tokens: tokens.map((token) => token.getInt32(0, true)),
      logprobs: Float32Array.from(tokens.views, (token) => token.getFloat32(4, true)),
      avgLogprob: result.getFloat32(8, true),
      noSpeechProb: result.getFloat32(12, true),
      windowS: result.getFloat32(16, true),
      isComplete: result.getInt32(20, true) !== 0,
    };
  }

  align(chunk: Chunk): AlignResult {
    this.#call("asr_lane_align", chunk, "align");
    const { views } = this.#tokens();
    return {
      startS: Float32Array.from(views, (token) => token.getFloat32(8, true)),
      endS: Float32Array.from(views, (token) => token.getFloat32(12, true)),
    };
  }

  /** Gives back the lane's memory; the lane must not be used any more. */
  [Symbol.dispose](): void {
    this.#library.c.asr_lane_close(this.#pointer);
  }

  #call(name: LaneCall, chunk: Chunk, action: string): void {
    const struct = writeChunk(chunk, this.#valuesPerFrame);
    const code = this.#library.c[name](this.#pointer, ptr(struct), 1);
    keepAlive(chunk, struct);
    this.#library.check(code, action);
  }

  #tokens(): TokenViews {
    const n = this.#library.c.asr_lane_get_tokens(this.#pointer, 0, null, 0);
    const bytes = new Uint8Array(n * tokenSize);
    if (n > 0) this.#library.c.asr_lane_get_tokens(this.#pointer, 0, ptr(bytes), n);
    const views = Array.from(
      { length: n },
      (_, i) => new DataView(bytes.buffer, i * tokenSize, tokenSize),
    );
    return { views, map: (read) => Int32Array.from(views, read) };
  }
}

// --- internal ---

type LaneCall = "asr_lane_detect_language" | "asr_lane_decode" | "asr_lane_align";

interface TokenViews {
  readonly views: readonly DataView[];
  map(read: (token: DataView) => number): Int32Array;
}

const tokenSize = 16;
const chunkSize = 96;

function open(path: string): Library<typeof symbols> {
  try {
    return dlopen(path, symbols);
  } catch (cause) {
    // Without the path, which is Bun's first half of the words.
    const reason = String(cause).replace(/^.*": /u, "");
    throw new AsrError(
      "model_load_failed",
      `Cannot open the engine's library: ${reason}. Where it names a library of the system, install that (libstdc++.so.6 is in the package libstdc++6 or libstdc++)`,
      { cause },
    );
  }
}

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

/** Features have a value a mel band in each frame. */
function valuesPerFrame(input: number): number {
  if (input === inputKind.logMel80) return 80;
  return input === inputKind.logMel128 ? 128 : 1;
}

function writeChunk(chunk: Chunk, frameSize: number): DataView {
  const struct = new DataView(new ArrayBuffer(chunkSize));
  setPointer(struct, 0, chunk.input);
  struct.setBigInt64(8, BigInt(Math.floor(chunk.input.length / frameSize)), true);
  setPointer(struct, 16, chunk.cancel);
  setPointer(struct, 24, chunk.prompt);
  setPointer(struct, 32, chunk.tokens);
  struct.setInt32(40, chunk.prompt.length, true);
  struct.setInt32(44, chunk.tokens.length, true);
  struct.setBigInt64(48, BigInt(chunk.id), true);
  struct.setFloat32(56, chunk.windowS, true);
  struct.setInt32(60, chunk.language, true);
  struct.setInt32(64, chunk.translate ? 1 : 0, true);
  struct.setInt32(68, chunk.timestamps ? 1 : 0, true);
  struct.setFloat32(72, chunk.temperature, true);
  struct.setInt32(76, chunk.beamSize, true);
  struct.setInt32(80, chunk.bestOf, true);
  struct.setUint32(84, chunk.seed, true);
  struct.setInt32(88, chunk.threads, true);
  return struct;
}

function setPointer(struct: DataView, offset: number, data: NodeJS.TypedArray | null): void {
  const address = data === null || data.byteLength === 0 ? 0 : Number(ptr(data));
  struct.setBigUint64(offset, BigInt(address), true);
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text.replaceAll("\0", " ")}\0`);
}

/** Holds buffers that native code still reads; the collector must not take them before this line. */
function keepAlive(..._held: unknown[]): void {}
