/** Recommends the most accurate published model that this machine can run faster than real time. */
import { oneLaneBytes } from "./backends/one-lane-bytes.ts";
import { transcribeCpp } from "./backends/transcribe-cpp.ts";
import { publishedModel } from "./backends/transcribe-cpp-models.ts";
import { whisperFacts } from "./backends/whisper.ts";
import { parakeetLanguages } from "./parakeet-languages.ts";
import { quantizedBytes, whisperBytes } from "./whisper-sizes.ts";

export interface MachineFacts {
  /** Memory that models may use, in bytes. */
  readonly memoryBytes: number;
  readonly physicalCores: number;
  /** Whether a backend of this server can use a GPU of this machine. */
  readonly hasGpu: boolean;
  /** Names of the models that this platform prefers to the starter model (`preferredDefaults`). */
  readonly preferredDefaults: readonly string[];
  /** Codes of the languages that are spoken in the user's audio. Null when the languages are unknown. */
  readonly languages: readonly string[] | null;
}

export interface Recommendation {
  readonly model: string;
  /** Reason for the recommendation. It completes the sentence "MODEL, because ...". */
  readonly reason: string;
  /** Command that downloads the model. */
  readonly command: string;
}

/** Returns the recommended model. Null when the starter model is the best choice. */
export function recommendModel(machine: MachineFacts): Recommendation | null {
  const best = candidates.find((one) => fits(one, machine));
  if (best === undefined) return null;
  const { model, gain } = best;
  const pace = machine.hasGpu
    ? "the GPU is faster than speech"
    : `${coresText(machine.physicalCores)} faster than speech`;
  return {
    model,
    reason: `${gain}, and ${pace}`,
    command: `open-asr-server models pull ${model}`,
  };
}

// --- internal ---

interface Candidate {
  readonly model: string;
  /** Minimum number of CPU cores with which the model transcribes faster than real time on a machine without a GPU. */
  readonly coresMin: number;
  /** Codes of the languages that the model knows. Null for Whisper, which knows most languages. */
  readonly languages: readonly string[] | null;
  /** Present for a model that only some platforms prefer to the starter model. */
  readonly isDefault?: true;
  readonly gain: string;
}

/**
 * The models that can be recommended, the most accurate first. `coresMin` is estimated from one measurement: two cores
 * transcribe 5 s of audio in 0.56 s with the model base. The encoder of small needs about 4 times as many operations as
 * the encoder of base. The encoder of large-v3-turbo needs about 30 times as many.
 */
const candidates: readonly Candidate[] = [
  {
    model: "parakeet-tdt-0.6b-v3",
    coresMin: 1,
    languages: parakeetLanguages,
    isDefault: true,
    gain: "it becomes the default model, makes few errors in 25 languages",
  },
  { model: "large-v3-turbo", coresMin: 8, languages: null, gain: "it makes the fewest errors" },
  {
    model: "large-v3-turbo-q5_0",
    coresMin: 8,
    languages: null,
    gain: "it makes few errors in little memory",
  },
  { model: "small.en", coresMin: 2, languages: ["en"], gain: "it makes fewer errors in English" },
  { model: "small", coresMin: 2, languages: null, gain: "it makes fewer errors" },
  { model: "small-q5_1", coresMin: 2, languages: null, gain: "it makes fewer errors" },
];

function fits(candidate: Candidate, machine: MachineFacts): boolean {
  const { model, coresMin, languages, isDefault = false } = candidate;
  const { memoryBytes, physicalCores, hasGpu, preferredDefaults } = machine;
  if (isDefault && !preferredDefaults.includes(model)) return false;
  // If the spoken languages are unknown, only a model with several languages fits.
  const isSpoken =
    languages === null ||
    (machine.languages?.every((code) => languages.includes(code)) ?? languages.length > 1);
  return isSpoken && (hasGpu || physicalCores >= coresMin) && memoryBytes >= memoryOf(model);
}

/** Returns the estimated memory in bytes of a process that runs the model with one lane. */
function memoryOf(model: string): number {
  const other = publishedModel(model);
  if (other !== null) return oneLaneBytes(transcribeCpp.memory, other.bytes);
  const fileBytes = quantizedBytes(model) ?? whisperBytes(model) ?? Infinity;
  return oneLaneBytes(whisperFacts.memory, fileBytes);
}

function coresText(cores: number): string {
  return cores === 1 ? "one core is" : `${cores} cores are`;
}
