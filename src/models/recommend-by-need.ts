/**
 * Recommends other kinds of models than Whisper, one for each need: speed, accuracy, languages and memory. They run with
 * transcribe.cpp. `recommend.ts` recommends Whisper models, which support more parameters.
 */
import { oneLaneBytes } from "./backends/one-lane-bytes.ts";
import { transcribeCpp } from "./backends/transcribe-cpp.ts";
import { publishedModel } from "./backends/transcribe-cpp-models.ts";
import { parakeetLanguages } from "./parakeet-languages.ts";
import type { MachineFacts } from "./recommend.ts";

/** What the user needs most. */
export const needs = ["speed", "accuracy", "languages", "memory"] as const;
type Need = (typeof needs)[number];

export interface NeedRecommendation {
  readonly need: Need;
  readonly model: string;
  /** Approximate size of the download in bytes. */
  readonly bytes: number;
  /** Codes of the languages in which the model makes few errors. */
  readonly languages: readonly string[];
  /** Command that downloads the model. */
  readonly command: string;
}

/**
 * Returns the best model for each need. A need is absent when no model that meets it runs on this machine and has all
 * spoken languages.
 */
export function recommendByNeed(machine: MachineFacts): readonly NeedRecommendation[] {
  return needs.flatMap((need) => {
    const best = candidates[need].find((one) => fits(one, machine));
    if (best === undefined) return [];
    const { model, languages } = best;
    const command = `open-asr-server models pull ${model}`;
    return [{ need, model, bytes: bytesOf(model), languages, command }];
  });
}

// --- internal ---

interface Candidate {
  readonly model: string;
  readonly languages: readonly string[];
  /** Minimum number of CPU cores with which the model transcribes faster than real time. */
  readonly coresMin: number;
}

const english = ["en"];
const russian = ["ru"];
const chineseAndNeighbours = ["zh", "yue", "en", "ja", "ko"];
/** The languages of FLEURS in which Qwen3-ASR has at most 20 % wrong words. It knows 12 other languages. */
const qwen = "zh yue en ja ko de es fr it nl pt ru tr vi th id ms hi".split(" ");
const cohere = "en fr de es it pt nl pl el ar ja zh vi ko".split(" ");

/**
 * `coresMin` is estimated from the measurements of the authors of transcribe.cpp on 8 cores of a laptop from 2020:
 * parakeet-tdt-0.6b-v3 needs an eighth of the duration of the audio, qwen3-asr-0.6b a fifth, and
 * cohere-transcribe-03-2026 a third.
 */
const cohereTranscribe = { model: "cohere-transcribe-03-2026", languages: cohere, coresMin: 4 };
const gigaam = { model: "gigaam-v3-e2e-rnnt", languages: russian, coresMin: 1 };
const moonshine = { model: "moonshine-base", languages: english, coresMin: 1 };
const parakeetEnglish = { model: "parakeet-tdt-0.6b-v2", languages: english, coresMin: 1 };
const parakeetLarge = { model: "parakeet-tdt-1.1b", languages: english, coresMin: 2 };
const parakeet = { model: "parakeet-tdt-0.6b-v3", languages: parakeetLanguages, coresMin: 1 };
const parakeetSmall = { ...parakeet, model: "parakeet-tdt-0.6b-v3-q4_k_m" };
const qwenAsr = { model: "qwen3-asr-0.6b", languages: qwen, coresMin: 2 };
const senseVoice = { model: "sensevoice-small", languages: chineseAndNeighbours, coresMin: 1 };

/** The models for each need, the best first. */
const candidates: Readonly<Record<Need, readonly Candidate[]>> = {
  speed: [parakeetEnglish, gigaam, parakeet, senseVoice],
  accuracy: [cohereTranscribe, parakeetLarge, parakeetEnglish, gigaam, parakeet, qwenAsr],
  languages: [parakeet, qwenAsr, senseVoice],
  memory: [moonshine, gigaam, senseVoice, parakeetSmall],
};

/** If the spoken languages are unknown, only a model with several languages fits. */
function fits({ model, languages, coresMin }: Candidate, machine: MachineFacts): boolean {
  const hasLanguages =
    machine.languages?.every((code) => languages.includes(code)) ?? languages.length > 1;
  const neededBytes = oneLaneBytes(transcribeCpp.memory, bytesOf(model));
  return hasLanguages && machine.physicalCores >= coresMin && machine.memoryBytes >= neededBytes;
}

function bytesOf(model: string): number {
  return publishedModel(model)?.bytes ?? Infinity;
}
