/** Audio that the null engine's models without prompts transcribe: words of tones, each letter a level. */
import { floatWav } from "../parity/float-wav.ts";

/** What is heard from a time on: letters "a" to "i" and "." of a fifth of a second each, or work for the engine. */
export interface Sound {
  readonly startS: number;
  /** `work`: six tenths of a second that take the engine 20 ms per 80 ms. */
  readonly text: string;
}

export interface SpokenWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const sampleRate = 16_000;
const letterS = 0.24;
const workS = 0.6;

export function levelSpeech(sounds: readonly Sound[], durationS: number): File {
  const samples = new Float32Array(Math.round(durationS * sampleRate));
  const fill = (startS: number, lengthS: number, level: number) => {
    const first = Math.round(startS * sampleRate);
    const last = Math.min(samples.length, first + Math.round(lengthS * sampleRate));
    for (let n = first; n < last; n++)
      samples[n] = level * Math.sin((2 * Math.PI * 440 * n) / sampleRate);
  };
  for (const { startS, text } of sounds) {
    if (text === "work") fill(startS, workS, 1.5);
    else
      Array.from(text).forEach((letter, i) => fill(startS + i * letterS, letterS, levelOf(letter)));
  }
  return floatWav(samples);
}

/** The words of the sounds, bare, with their times. */
export function wordsOf(sounds: readonly Sound[]): SpokenWord[] {
  return sounds.flatMap(({ startS, text }) => {
    const word = text === "work" ? "" : text.replace(/\.$/, "");
    return word === "" ? [] : [{ word, start: startS, end: startS + word.length * letterS }];
  });
}

/** Words of two letters all through a file, different each time; every fifth ends a sentence. */
export function talk(durationS: number, { stepS = 1.3, work = false } = {}): Sound[] {
  const letters = "abcdefgh";
  const sounds: Sound[] = [];
  for (let n = 0; (n + 1) * stepS < durationS; n++) {
    const [a, b] = [letters[n % 8]!, letters[(n + 1 + (n >> 3)) % 8]!];
    const text = a === b ? a : a + b;
    sounds.push({ startS: n * stepS + 0.2, text: n % 5 === 4 ? `${text}.` : text });
    if (work) sounds.push({ startS: n * stepS + 1.4, text: "work" });
  }
  return sounds;
}

// --- internal ---

/** In the middle of the level that the letter stands for. */
function levelOf(letter: string): number {
  return letter === "." ? 0.95 : 0.05 + 0.1 * ("abcdefghi".indexOf(letter) % 9);
}
