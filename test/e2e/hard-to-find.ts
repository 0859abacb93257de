/**
 * Creates speech that is hard to detect. Counts the words of this speech that a model transcribes wrongly, with voice
 * activity detection on and off.
 */
import manifest from "../audio/manifest.json";
import { recording } from "../backends/recording.ts";
import { countWordErrors, type WordErrors } from "../../src/transcript/word-errors.ts";
import { formOf, type TestServer } from "./server.ts";
import { atLevel, pinkNoise, type Sound, whiteNoise } from "./unspoken.ts";
import { wavOf } from "./wav.ts";

export type Clip = (typeof manifest)[number];

/** The recordings of human speakers: 34 recordings in 5 languages, with about 710 words. */
export const clips: readonly Clip[] = manifest.filter(
  ({ kind, duration }) => kind === "human" && duration < 60,
);

export interface Condition {
  readonly name: string;
  /** Number of recordings that are joined into one file. */
  readonly together: number;
  readonly make: (recordings: readonly Float32Array[]) => Float32Array;
}

export const conditions: readonly Condition[] = [
  { name: "as recorded", together: 1, make: ([one]) => one! },
  { name: "20 s of silence before, between and after", together: 2, make: apart },
  { name: "at -30 dB", together: 1, make: ([one]) => atLevel(one!, -30) },
  { name: "at -46 dB", together: 1, make: ([one]) => atLevel(one!, -46) },
  { name: "at -50 dB", together: 1, make: ([one]) => atLevel(one!, -50) },
  { name: "at -60 dB", together: 1, make: ([one]) => atLevel(one!, -60) },
  { name: "over white noise at 10 dB", together: 1, make: ([one]) => over(one!, whiteNoise, 10) },
  { name: "over pink noise at 10 dB", together: 1, make: ([one]) => over(one!, pinkNoise, 10) },
];

/**
 * Counts the wrong words in the transcripts of these clips under one condition. Sends up to three requests at the same
 * time.
 */
export async function countWrong(
  server: TestServer,
  condition: Condition,
  chosen: readonly Clip[],
  vad: "on" | "off",
): Promise<WordErrors> {
  const waiting = inFiles(chosen, condition.together);
  const total = { wrong: 0, words: 0 };
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const made = condition.make(file.map((clip) => recording(clip.file)));
      const heard = await transcribe(server, made, vad);
      const { wrong, words } = countWordErrors(file.map(({ text }) => text).join(" "), heard);
      total.wrong += wrong;
      total.words += words;
    }
  };
  await Promise.all(Array.from({ length: maxRequests }, work));
  return total;
}

// --- internal ---

const rate = 16_000;
const maxRequests = 3;

/** Groups the clips into files of at most `together` clips. A file contains only clips of one language. */
function inFiles(chosen: readonly Clip[], together: number): Clip[][] {
  const files: Clip[][] = [];
  for (const clip of chosen) {
    const last = files.at(-1);
    if (last?.[0]?.language === clip.language && last.length < together) last.push(clip);
    else files.push([clip]);
  }
  return files;
}

async function transcribe(
  server: TestServer,
  samples: Float32Array,
  vad: "on" | "off",
): Promise<string> {
  const file = wavOf(samples.length / rate, (n) => samples[n]!);
  const response = await server.post(formOf({ file, vad }));
  if (!response.ok) throw new Error(await response.text());
  return ((await response.json()) as { text: string }).text;
}

function apart(recordings: readonly Float32Array[]): Float32Array {
  const silence = new Float32Array(20 * rate);
  const parts = [silence, ...recordings.flatMap((one) => [one, silence])];
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  parts.reduce((at, part) => (joined.set(part, at), at + part.length), 0);
  return joined;
}

/**
 * Mixes the speech with noise, without clipping. The mean power of the speech is `snrDb` decibels higher than the mean
 * power of the noise.
 */
function over(speech: Float32Array, noise: Sound, snrDb: number): Float32Array {
  const under = noise(speech.length, 5);
  const gain = (rms(speech) / rms(under)) * 10 ** (-snrDb / 20);
  const mixed = speech.map((x, n) => x + gain * under[n]!);
  const peak = mixed.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return peak <= 1 ? mixed : mixed.map((x) => x / peak);
}

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
}
