/**
 * Finds alternative names of models: OpenAI's names for the default model, and the names that files and other services
 * use for Whisper models.
 */
import type { ModelRef } from "./model-ref.ts";

/**
 * OpenAI's names for the default model. `GET /v1/models` lists these names, because apps fill their menus from this
 * list.
 */
export const listedAliases = [
  "whisper-1",
  "gpt-transcribe",
  "gpt-4o-transcribe",
  "gpt-4o-mini-transcribe",
  "gpt-4o-mini-transcribe-2025-12-15",
] as const;

/**
 * Returns whether the name means the default model. This is true for all of OpenAI's transcription models that do not
 * distinguish speakers, because many clients cannot send another name.
 */
export function meansDefaultModel(name: string): boolean {
  return /^(?:default|whisper(?:-1)?|gpt-(?:4o-)?(?:mini-)?transcribe(?:-\d{4}-\d{2}-\d{2})?)$/u.test(
    plainName(name),
  );
}

/** Returns whether the name means OpenAI's model that distinguishes speakers. */
export function meansDiarization(name: string): boolean {
  return /^gpt-(?:4o-)?transcribe-diarize(?:-\d{4}-\d{2}-\d{2})?$/u.test(plainName(name));
}

/**
 * Returns the references that a name can mean, in order of preference. The first one is the name itself. The next ones
 * are the names that the backends of this server use for the same Whisper model. A reference with a backend or a path
 * has only one meaning.
 */
export function readingsOf(ref: ModelRef): readonly ModelRef[] {
  if (ref.isPath || ref.backend !== null) return [ref];
  const names = new Set([ref.name, ...otherNames(plainName(ref.name))]);
  return [...names].map((name) => ({ ...ref, name }));
}

/** Returns the names that the backends of this server use for a Whisper model. Empty for any other name. */
export function otherNames(name: string): readonly string[] {
  const [, distilled] = distilledPattern.exec(name) ?? [];
  if (distilled !== undefined) return [`distil-whisper/distil-${distilled}`];
  const [, written = "", quantization = ""] = sizePattern.exec(name) ?? [];
  if (written === "") return [];
  const size = sizeAliases[written] ?? written.replace(/-en$/u, ".en");
  // A quantized model has only one name, because only whisper.cpp has quantized files.
  return quantization === "" ? [size, `openai/whisper-${size}`] : [`${size}${quantization}`];
}

/**
 * Returns the model name NAME from a file name `ggml-NAME.bin`. whisper.cpp names its files in this way. Null for any
 * other file name.
 */
export function modelOfGgmlFile(fileName: string): string | null {
  return /^ggml-([\w.-]+)\.bin$/u.exec(fileName)?.[1] ?? null;
}

/** Returns the name in lower case, without the prefix of OpenAI or of a service that hosts OpenAI's models. */
export function plainName(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/^@cf\//u, "")
    .replace(/^openai\//u, "");
}

// --- internal ---

const distilledPattern =
  /^(?:distil-whisper\/)?distil-(?:whisper-)?(large-v\d(?:\.\d)?|medium\.en|small\.en)(?:-en)?$/u;

/** Pattern of names such as `large-v3`, `whisper-large-v3`, `whisper-v3-turbo`, `whisper-tiny-en` and `turbo-q5_0`. */
const sizePattern =
  /^(?:whisper-)?((?:tiny|base|small|medium)(?:[.-]en)?|large(?:-v\d)?(?:-turbo)?|(?:v3-)?turbo|v3)(-q\d_\d)?$/u;

const sizeAliases: Readonly<Record<string, string>> = {
  large: "large-v3",
  v3: "large-v3",
  turbo: "large-v3-turbo",
  "large-turbo": "large-v3-turbo",
  "v3-turbo": "large-v3-turbo",
};
