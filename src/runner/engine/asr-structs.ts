/** Defines the structs and constants of ffi/asr.h, and the layout of the structs in memory. */
import { cString, setAddress } from "./native-memory.ts";

/** `ASR_GROUP_*`: the groups of calls that a model supports. */
export const callGroup = { prompted: 1 << 0, recognize: 1 << 1, stream: 1 << 2 } as const;

/** `ASR_CAPABILITY_*` */
export const capability = {
  detectLanguage: 1 << 0,
  translate: 1 << 1,
  prompt: 1 << 2,
  align: 1 << 3,
  beam: 1 << 4,
  timestamps: 1 << 5,
  temperature: 1 << 6,
  tokenTimes: 1 << 7,
} as const;

/** `ASR_INPUT_*`: the kind of input of a chunk or a stream. */
export const inputKind = { pcm16k: 0, logMel80: 1, logMel128: 2, pcm24k: 3 } as const;

/** `struct asr_model_options` */
export interface ModelSource {
  /** Path of the model's file or folder, the bytes of the file, or the files of the folder. */
  readonly from: string | Uint8Array | ModelFiles;
  readonly gpu: boolean;
  readonly threads: number;
  /** Number format in which the engine computes. If it is null or undefined, the engine chooses one. */
  readonly computeType?: string | null;
}

/** The bytes of the files in the folder of a model, by file name. */
export type ModelFiles = ReadonlyMap<string, Uint8Array>;

/** `struct asr_model_info` */
export interface ModelInfo {
  /** One of `inputKind`. */
  readonly input: number;
  /** Bits of `capability`. */
  readonly capabilities: number;
  /** Bits of `callGroup`. */
  readonly groups: number;
  readonly nVocab: number;
  readonly nPromptMax: number;
  /** All token ids below this id are text tokens. */
  readonly tokenTextEnd: number;
  /** Id of the token for timestamp 0; -1 if the model has no timestamp tokens. */
  readonly tokenTimestampBegin: number;
  readonly timestampStepS: number;
  /** Maximum length of a chunk in seconds; 0 if the model does not accept chunks. */
  readonly windowMaxS: number;
  /**
   * The caller can choose the length of the encoder's window. The length must be a multiple of this number of seconds.
   * 0 if the length is fixed.
   */
  readonly windowStepS: number;
  /**
   * Resolution of token times in seconds, in the results of `recognize` and of streams. 0 if these results contain no
   * token times.
   */
  readonly frameS: number;
  /**
   * Codes of the model's languages, as `engineLanguage` returns them. The engine identifies a language by its index in
   * this array.
   */
  readonly languages: readonly string[];
}

/**
 * The fields of `struct asr_chunk` that are used in every call. If an array is not in shared memory, the caller must
 * keep the array alive until the call returns.
 */
export interface AudioChunk {
  /**
   * Samples or features. Features begin with all frames of the first mel band, then all frames of the second band, and
   * so on.
   */
  readonly input: Float32Array;
  readonly cancel: Int32Array;
  readonly id: number;
  /** Index of the spoken language. The value -1 means that the language is unknown; only `recognize` accepts it. */
  readonly language: number;
  readonly translate: boolean;
  readonly threads: number;
  /** Length in seconds of the audio that the job of the chunk still has to transcribe; absent if it is unknown. */
  readonly remainingS?: number;
}

/** `struct asr_chunk` */
export interface Chunk extends AudioChunk {
  readonly prompt: Int32Array;
  readonly tokens: Int32Array;
  readonly windowS: number;
  readonly timestamps: boolean;
  readonly temperature: number;
  readonly beamSize: number;
  readonly bestOf: number;
  readonly seed: number;
}

/** The fields of a chunk that `recognize` reads. Only models with the capability `beam` read the number of beams. */
export type RecognizeChunk = AudioChunk & Partial<Pick<Chunk, "beamSize">>;

/** `struct asr_stream_options` */
export interface StreamOptions {
  /** Index of the spoken language. The value -1 means any language. */
  readonly language: number;
  readonly translate: boolean;
  readonly temperature: number;
  readonly seed: number;
  readonly threads: number;
}

/** The options in `struct asr_stream_input`. */
export interface FeedOptions {
  /** Whether the recording ends with these samples. If true, the call returns all remaining tokens. */
  readonly isLast: boolean;
  /** A flag in shared memory. Another thread sets it to a non-zero value to stop the stream. */
  readonly cancel: Int32Array;
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
  /** Start of each token, in seconds from the start of the chunk. */
  readonly startS: Float32Array;
  readonly endS: Float32Array;
}

/** The tokens of a chunk, or the tokens of a stream that became final. */
export interface TimedTokens {
  readonly tokens: Int32Array;
  /** Natural logarithm of the probability of each token. NaN if the model computes no probabilities. */
  readonly logprobs: Float32Array;
  /** Start of each token, in seconds from the start of the chunk or stream. */
  readonly startS: Float32Array;
  readonly endS: Float32Array;
  /** Mean of the log-probabilities in `logprobs`; 0 if there are no tokens. */
  readonly avgLogprob: number;
  /**
   * For a chunk, whether the text is complete. If this is false, the length limit cut off the text. For a stream,
   * whether the stream has returned its last token.
   */
  readonly isComplete: boolean;
}

/** The result of `recognize`. */
export interface Recognition extends TimedTokens {
  /** Text of the chunk. It is empty if the model returns tokens with times. */
  readonly text: string;
  /** Index of the language that the model detected; -1 if it detected none. */
  readonly language: number;
}

export const structSize = {
  modelFile: 24,
  modelOptions: 56,
  modelInfo: 48,
  result: 28,
  token: 16,
  times: 12,
} as const;

/**
 * Writes an array of `asr_model_file`. The array contains addresses of the data in `held`. Therefore the caller must
 * keep `held` alive as long as `structs` is used.
 */
export function writeModelFiles(files: ModelFiles) {
  const held = [...files].map(([name, data]) => ({ name: cString(name), data }));
  const structs = new DataView(new ArrayBuffer(held.length * structSize.modelFile));
  for (const [i, { name, data }] of held.entries()) {
    const offset = i * structSize.modelFile;
    setAddress(structs, offset, name);
    setAddress(structs, offset + 8, data);
    structs.setBigInt64(offset + 16, BigInt(data.byteLength), true);
  }
  return { structs, count: held.length, held };
}

export function readModelInfo(info: DataView, languages: readonly string[]): ModelInfo {
  return {
    input: info.getInt32(0, true),
    capabilities: info.getInt32(4, true),
    groups: info.getInt32(40, true),
    nVocab: info.getInt32(8, true),
    nPromptMax: info.getInt32(16, true),
    tokenTextEnd: info.getInt32(20, true),
    tokenTimestampBegin: info.getInt32(24, true),
    timestampStepS: info.getFloat32(28, true),
    windowMaxS: info.getFloat32(32, true),
    windowStepS: info.getFloat32(36, true),
    frameS: info.getFloat32(44, true),
    languages,
  };
}

/**
 * Encodes `struct asr_chunk`. If a field of `Chunk` is missing, writes the default. `model.input` determines the number
 * of values per input frame.
 */
export function writeChunk(chunk: AudioChunk & Partial<Chunk>, model: ModelInfo): DataView {
  const struct = new DataView(new ArrayBuffer(96));
  setAddress(struct, 0, chunk.input);
  const nInput = Math.floor(chunk.input.length / valuesPerFrame(model.input));
  struct.setBigInt64(8, BigInt(nInput), true);
  setAddress(struct, 16, chunk.cancel);
  setAddress(struct, 24, chunk.prompt ?? null);
  setAddress(struct, 32, chunk.tokens ?? null);
  struct.setInt32(40, chunk.prompt?.length ?? 0, true);
  struct.setInt32(44, chunk.tokens?.length ?? 0, true);
  struct.setBigInt64(48, BigInt(chunk.id), true);
  struct.setFloat32(56, chunk.windowS ?? 0, true);
  struct.setInt32(60, chunk.language, true);
  struct.setInt32(64, chunk.translate ? 1 : 0, true);
  struct.setInt32(68, chunk.timestamps === true ? 1 : 0, true);
  struct.setFloat32(72, chunk.temperature ?? 0, true);
  struct.setInt32(76, chunk.beamSize ?? 1, true);
  struct.setInt32(80, chunk.bestOf ?? 1, true);
  struct.setUint32(84, chunk.seed ?? 0, true);
  struct.setInt32(88, chunk.threads, true);
  struct.setFloat32(92, chunk.remainingS ?? 0, true);
  return struct;
}

export function writeStreamOptions(options: StreamOptions): DataView {
  const struct = new DataView(new ArrayBuffer(24));
  struct.setInt32(0, options.language, true);
  struct.setInt32(4, options.translate ? 1 : 0, true);
  struct.setFloat32(8, options.temperature, true);
  struct.setUint32(12, options.seed, true);
  struct.setInt32(16, options.threads, true);
  return struct;
}

/** Encodes `struct asr_stream_input`. `stream` is the address of the stream. */
export function writeStreamInput(
  stream: number,
  input: Float32Array,
  { isLast, cancel }: FeedOptions,
): DataView {
  const struct = new DataView(new ArrayBuffer(40));
  struct.setBigUint64(0, BigInt(stream), true);
  setAddress(struct, 8, input);
  struct.setBigInt64(16, BigInt(input.length), true);
  setAddress(struct, 24, cancel);
  struct.setInt32(32, isLast ? 1 : 0, true);
  return struct;
}

/** Reads the fields of `struct asr_result`. Each engine call fills only some of these fields. */
export function readResult(result: DataView) {
  return {
    avgLogprob: result.getFloat32(8, true),
    noSpeechProb: result.getFloat32(12, true),
    windowS: result.getFloat32(16, true),
    isComplete: result.getInt32(20, true) !== 0,
    language: result.getInt32(24, true),
  };
}

/** Reads `struct asr_times`. */
export function readTimes(times: DataView) {
  return {
    featuresS: times.getFloat32(0, true),
    encoderS: times.getFloat32(4, true),
    decoderS: times.getFloat32(8, true),
  };
}

/** Converts an array of `struct asr_token` to one array for each field. */
export function readTokens(bytes: Uint8Array) {
  const { token: size } = structSize;
  const all = Array.from(
    { length: bytes.length / size },
    (_, i) => new DataView(bytes.buffer, bytes.byteOffset + i * size, size),
  );
  const floats = (offset: number): Float32Array =>
    Float32Array.from(all, (token) => token.getFloat32(offset, true));
  return {
    tokens: Int32Array.from(all, (token) => token.getInt32(0, true)),
    logprobs: floats(4),
    startS: floats(8),
    endS: floats(12),
  };
}

// --- internal ---

/** Returns the number of values per input frame: one per mel band for features, one for samples. */
function valuesPerFrame(input: number): number {
  if (input === inputKind.logMel80) return 80;
  return input === inputKind.logMel128 ? 128 : 1;
}
