/**
 * Creates audio that the transducer and streaming models of the null engine can transcribe. Each letter is a tone with
 * a certain amplitude.
 */
import { encodeWav } from "./wav.ts";

/** A word or another sound. Its start time `startS` is a multiple of the duration of a frame of the null engine. */
export interface Sound {
  readonly startS: number;
  /**
   * Letters from "a" to "i" and ".". The text "work" is special: it keeps the engine busy for 140 ms and adds no text
   * to the transcript.
   */
  readonly text: string;
}

export interface SpokenWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

const sampleRate = 16_000;
/** Duration of one frame of the null engine in seconds. */
const frameS = 0.08;
const letterS = 3 * frameS;
const workS = 7 * frameS;
/**
 * Duration of a fade in seconds. Each letter fades in at its start, and fades out at its end. Without the fades, the
 * resampler would spread the sound of a letter into neighbouring frames.
 */
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

/** Returns the words of the sounds without punctuation, with their times. */
export function wordsOf(sounds: readonly Sound[]): SpokenWord[] {
  return sounds.flatMap(({ startS, text }) => {
    const word = text === "work" ? "" : text.replace(/\.$/, "");
    return word === "" ? [] : [{ word, start: startS, end: startS + word.length * letterS }];
  });
}

/**
 * Returns words that fill a file of `durationS` seconds. Each word has at most two letters, and differs from the
 * previous word. Every fifth word ends a sentence.
 */
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

/**
 * Returns the peak value of the tone for this letter: the middle of the range that the engine interprets as the letter.
 */
function levelOf(letter: string): number {
  return letter === "." ? 0.95 : 0.05 + 0.1 * "abcdefghi".indexOf(letter);
}
