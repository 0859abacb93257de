/**
 * Converts decoded tokens to timed segments, as OpenAI's whisper/transcribe.py does. A timestamp token marks the start
 * or the end of a segment.
 */
import type { ModelInfo } from "../engine/asr-structs.ts";

/** A segment of a chunk. Its times are seconds from the start of the chunk. */
export interface ChunkSegment {
  readonly startS: number;
  readonly endS: number;
  /** Text tokens and timestamp tokens. */
  readonly tokens: readonly number[];
  /** Log-probability of each token. Undefined if log-probabilities were not requested. */
  readonly logprobs?: readonly number[];
}

export interface Cut {
  readonly segments: readonly ChunkSegment[];
  /**
   * End of the transcribed part of the chunk, in seconds. The caller decodes the audio after this time again, because
   * it contains an unfinished segment. If no audio must be decoded again, this is the length of the chunk.
   */
  readonly consumedS: number;
}

/**
 * Minimum length in seconds of audio that is decoded again. If the audio of an unfinished segment is shorter, the
 * segment is kept as it is.
 */
const restMinS = 0.5;

export function cutSegments(
  tokens: readonly number[],
  chunkS: number,
  info: ModelInfo,
  logprobs?: readonly number[],
): Cut {
  const isTimestamp = (id: number | undefined): boolean =>
    id !== undefined && info.tokenTimestampBegin >= 0 && id >= info.tokenTimestampBegin;
  const timeOf = (id: number): number =>
    Math.min(chunkS, (id - info.tokenTimestampBegin) * info.timestampStepS);

  const pieces = splitBetweenTimestamps(tokens, isTimestamp);
  let offset = 0;
  const segments = pieces.map((piece): ChunkSegment => {
    const from = offset;
    offset += piece.length;
    const times = piece.filter(isTimestamp).map(timeOf);
    const startS = isTimestamp(piece[0]) ? times[0]! : 0;
    return {
      startS,
      endS: Math.max(startS, isClosed(piece) ? times.at(-1)! : chunkS),
      tokens: piece,
      ...(logprobs === undefined ? {} : { logprobs: logprobs.slice(from, offset) }),
    };
  });

  const last = pieces.at(-1);
  const unfinished = segments.length > 1 && last !== undefined && !isClosed(last);
  const restFromS = segments.at(-1)?.startS ?? chunkS;
  if (unfinished && restFromS > 0 && chunkS - restFromS >= restMinS) {
    return { segments: segments.slice(0, -1).filter(hasText), consumedS: restFromS };
  }
  return { segments: segments.filter(hasText), consumedS: chunkS };

  function isClosed(piece: readonly number[]): boolean {
    return piece.length > 1 && isTimestamp(piece.at(-1));
  }
  function hasText(segment: ChunkSegment): boolean {
    return segment.tokens.some((id) => id < info.tokenTextEnd);
  }
}

// --- internal ---

/**
 * Splits tokens at each pair of successive timestamps. The first timestamp of a pair ends a segment, and the second one
 * starts the next segment.
 */
function splitBetweenTimestamps(
  tokens: readonly number[],
  isTimestamp: (id: number | undefined) => boolean,
): number[][] {
  const pieces: number[][] = [];
  let from = 0;
  for (let i = 1; i <= tokens.length; i++) {
    if (i === tokens.length || (isTimestamp(tokens[i - 1]) && isTimestamp(tokens[i]))) {
      pieces.push(tokens.slice(from, i));
      from = i;
    }
  }
  return pieces.filter((piece) => piece.length > 0);
}
