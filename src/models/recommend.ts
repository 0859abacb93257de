/** Recommends the most accurate published model that this machine can run faster than real time. */
import { oneLaneBytes } from "./backends/one-lane-bytes.ts";
import { whisperFacts } from "./backends/whisper.ts";
import { quantizedBytes, whisperBytes } from "./whisper-sizes.ts";

export interface MachineFacts {
  /** Memory that models may use, in bytes. */
  readonly memoryBytes: number;
  readonly physicalCores: number;
  /** Whether a backend of this server can use a GPU of this machine. */
  readonly hasGpu: boolean;
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
  readonly isEnglish: boolean;
  readonly gain: string;
}

/**
 * The models that can be recommended, the most accurate first. `coresMin` is estimated from one measurement: two cores
 * transcribe 5 s of audio in 0.56 s with the model base. The encoder of small needs about 4 times as many operations as
 * the encoder of base. The encoder of large-v3-turbo needs about 30 times as many.
 */
const candidates: readonly Candidate[] = [
  { model: "large-v3-turbo", coresMin: 8, isEnglish: false, gain: "it makes the fewest errors" },
  {
    model: "large-v3-turbo-q5_0",
    coresMin: 8,
    isEnglish: false,
    gain: "it makes few errors in little memory",
  },
  { model: "small.en", coresMin: 2, isEnglish: true, gain: "it makes fewer errors in English" },
  { model: "small", coresMin: 2, isEnglish: false, gain: "it makes fewer errors" },
  { model: "small-q5_1", coresMin: 2, isEnglish: false, gain: "it makes fewer errors" },
];

function fits({ model, coresMin, isEnglish }: Candidate, machine: MachineFacts): boolean {
  const { memoryBytes, physicalCores, hasGpu, languages } = machine;
  const isSpoken = !isEnglish || (languages !== null && languages.every((code) => code === "en"));
  return isSpoken && (hasGpu || physicalCores >= coresMin) && memoryBytes >= memoryOf(model);
}

/** Returns the estimated memory in bytes of a process that runs the model with one lane. */
function memoryOf(model: string): number {
  const fileBytes = quantizedBytes(model) ?? whisperBytes(model) ?? Infinity;
  return oneLaneBytes(whisperFacts.memory, fileBytes);
}

function coresText(cores: number): string {
  return cores === 1 ? "one core is" : `${cores} cores are`;
}
