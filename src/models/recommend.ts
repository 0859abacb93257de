/** Recommends the most accurate published model that this machine runs faster than speech. */
import { whisperFacts } from "./backends/whisper.ts";
import { quantizedBytes, whisperBytes } from "./whisper-sizes.ts";

export interface MachineFacts {
  /** Memory that models may use. */
  readonly memoryBytes: number;
  readonly physicalCores: number;
  /** Whether a backend of this server can use the GPU. */
  readonly hasGpu: boolean;
  /** Codes of the languages that are spoken; null when they are unknown. */
  readonly languages: readonly string[] | null;
}

export interface Recommendation {
  readonly model: string;
  /** Completes the sentence "MODEL, because ...". */
  readonly reason: string;
  /** The command that downloads the model. */
  readonly command: string;
}

/** Null when the starter model is the best choice. */
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
  /** Cores that transcribe faster than speech, without a GPU. */
  readonly coresMin: number;
  readonly isEnglish: boolean;
  readonly gain: string;
}

/**
 * The most accurate first. Two cores transcribe 5 s in 0.56 s with base. The encoder of small computes about four times as much,
 * the one of large-v3-turbo about 30 times.
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

/** Of a process with one lane. */
function memoryOf(model: string): number {
  const { processBytes, laneBytes, laneBytesPerFileByte } = whisperFacts.memory;
  const fileBytes = quantizedBytes(model) ?? whisperBytes(model) ?? Infinity;
  return processBytes + fileBytes + laneBytes + laneBytesPerFileByte * fileBytes;
}

function coresText(cores: number): string {
  return cores === 1 ? "one core is" : `${cores} cores are`;
}
