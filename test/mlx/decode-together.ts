/** Makes calls of the engine with several chunks. The class `Lane` makes calls with one chunk only. */
import type { Pointer } from "bun:ffi";
import {
  type Chunk,
  type DecodeResult,
  type TimedTokens,
  readResult,
  readTokens,
  structSize,
  writeChunk,
} from "../../src/runner/engine/asr-structs.ts";
import { keepAlive } from "../../src/runner/engine/native-memory.ts";
import type { Subject } from "../backends/subject.ts";

/** The result of a chunk. */
export interface ChunkOutcome extends DecodeResult {
  /** The status of the chunk: 0, or the negative number of a failure. */
  readonly status: number;
}

export function decodeTogether(subject: Subject, chunks: readonly Chunk[]): ChunkOutcome[] {
  return callWith(subject, "asr_lane_decode", chunks);
}

/** Recognizes several chunks in one call of asr_lane_recognize. */
export function recognizeTogether(
  subject: Subject,
  chunks: readonly Chunk[],
): (TimedTokens & Pick<ChunkOutcome, "status">)[] {
  return callWith(subject, "asr_lane_recognize", chunks);
}

/** Returns the result of a chunk, or of a stream, of the lane's last call. */
export function readOutcome(
  { library }: Subject,
  lane: Pointer,
  index: number,
): ChunkOutcome & TimedTokens {
  const { c } = library;
  const result = new DataView(new ArrayBuffer(structSize.result));
  c.asr_lane_get_result(lane, index, library.addressOf(result));
  const { avgLogprob, noSpeechProb, windowS, isComplete } = readResult(result);
  const n = c.asr_lane_get_tokens(lane, index, null, 0);
  const bytes = new Uint8Array(n * structSize.token);
  if (n > 0) c.asr_lane_get_tokens(lane, index, library.addressOf(bytes), n);
  const status = result.getInt32(0, true);
  return { status, ...readTokens(bytes), avgLogprob, noSpeechProb, windowS, isComplete };
}

// --- internal ---

function callWith(
  subject: Subject,
  call: "asr_lane_decode" | "asr_lane_recognize",
  chunks: readonly Chunk[],
): (ChunkOutcome & TimedTokens)[] {
  const { library, info } = subject;
  const lane = library.openHandle((out) => library.c.asr_lane_open(subject.pointer, out), "open");
  const structs = chunks.map((chunk) => new Uint8Array(writeChunk(chunk, info).buffer));
  const all = new Uint8Array(Buffer.concat(structs));
  library.c[call](lane, library.addressOf(all), chunks.length);
  keepAlive(chunks, all);
  const outcomes = chunks.map((_, i) => readOutcome(subject, lane, i));
  library.c.asr_lane_close(lane);
  return outcomes;
}
