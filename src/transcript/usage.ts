/** Computes the usage of a response in the same way as OpenAI: in tokens, or in seconds. */
import type { Transcript } from "./transcript.ts";

interface TokenUsage {
  readonly type: "tokens";
  readonly input_tokens: number;
  readonly input_token_details: { readonly text_tokens: number; readonly audio_tokens: number };
  readonly output_tokens: number;
  readonly total_tokens: number;
}

interface DurationUsage {
  readonly type: "duration";
  readonly seconds: number;
}

/** The types of usage that each response can contain in OpenAI's API. "event" is the last event of a stream. */
interface UsageTypes {
  readonly json: TokenUsage | DurationUsage;
  readonly verbose_json: DurationUsage;
  readonly event: TokenUsage;
}

/**
 * Returns an object with the field `usage`. If the response has no usage, returns an empty object. The usage is in
 * tokens if `inTokens` is true, the response allows tokens, and the model provides the number of frames.
 */
export function usageOf<Response extends keyof UsageTypes>(
  response: Response,
  transcript: Transcript,
  inTokens: boolean,
): { usage?: UsageTypes[Response] } {
  // OpenAI's translations have no usage.
  if (transcript.task === "translate") return {};
  const tokens = inTokens && response !== "verbose_json" ? tokenUsage(transcript) : null;
  const usage = tokens ?? (response === "event" ? null : durationUsage(transcript));
  return usage === null ? {} : { usage: usage as UsageTypes[Response] };
}

// --- internal ---

/**
 * Counts the tokens of the prompt as text, and each frame of the encoder as one token of audio. Returns null if the
 * model does not provide these numbers.
 */
function tokenUsage({ input, segments }: Transcript): TokenUsage | null {
  if (input === undefined) return null;
  const { promptTokens, audioFrames } = input;
  const outputTokens = segments.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return {
    type: "tokens",
    input_tokens: promptTokens + audioFrames,
    input_token_details: { text_tokens: promptTokens, audio_tokens: audioFrames },
    output_tokens: outputTokens,
    total_tokens: promptTokens + audioFrames + outputTokens,
  };
}

/** Returns the duration as OpenAI bills it: in whole seconds, rounded up. */
function durationUsage({ durationS }: Transcript): DurationUsage {
  return { type: "duration", seconds: Math.ceil(durationS) };
}
