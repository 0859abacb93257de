/** Audio that the null engine's models without prompts transcribe: words of tones, each letter a level. */
import { encodeWav } from "./wav.ts";

/** What is heard from a time on, which is a multiple of the engine's frame. */
export interface Sound {
  readonly startS: number;
  /** Letters from "a" to "i" and "."; or `work`, which takes the engine 140 ms and says nothing. */
  readonly text: string;
}

export interface SpokenWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const sampleRate = 16_000;
/** Of the null engine. */
const frameS = 0.08;
const letterS = 3 * frameS;
const workS = 7 * frameS;
/** Without it a resampler would let a letter ring in the frames around it. */
const fadeS = 0.005;

export function levelSpeech(sounds: readonly Sound[], durationS: number): File {
  const samples = new Float32Array(Math.round(durationS * sampleRate));
  for (const { startS, text } of sounds) {
    const isWork = text === "work";
    const levels = isWork ? [1] : Array.from(text, levelOf);
    const levelS = isWork ? workS : letterS;
    levels.forEach((level, i) => {
      const first = Math.round((startS + i * levelS) * sampleRate);
      for (let n = 0; n < Math.round(levelS * sampleRate); n++) {
        const timeS = n / sampleRate;
        const fade = Math.min(1, timeS / fadeS, (levelS - timeS) / fadeS);
        samples[first + n] = level * fade * Math.sin(2 * Math.PI * 440 * timeS);
      }
    });
  }
  return encodeWav(samples);
}

/** The words of the sounds, bare, with their times. */
export function wordsOf(sounds: readonly Sound[]): SpokenWord[] {
  return sounds.flatMap(({ startS, text }) => {
    const word = text === "work" ? "" : text.replace(/\.$/, "");
    return word === "" ? [] : [{ word, start: startS, end: startS + word.length * letterS }];
  });
}

/** Words of two letters all through a file, different each time; every fifth ends a sentence. */
export function talk(durationS: number, { frames = 16, work = false } = {}): Sound[] {
  const letters = "abcdefgh";
  const sounds: Sound[] = [];
  for (let n = 0; (n + 2) * frames * frameS < durationS; n++) {
    const [a, b] = [letters[n % 8]!, letters[(n + 1 + (n >> 3)) % 8]!];
    const text = a === b ? a : a + b;
    const startS = (n * frames + 3) * frameS;
    sounds.push({ startS, text: n % 5 === 4 ? `${text}.` : text });
    if (work) sounds.push({ startS: startS + 14 * frameS, text: "work" });
  }
  return sounds;
}

// --- internal ---

/** In the middle of the level that the letter stands for. */
function levelOf(letter: string): number {
  return letter === "." ? 0.95 : 0.05 + 0.1 * "abcdefghi".indexOf(letter);
}
