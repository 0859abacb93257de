/** Provides the recordings in test/audio as 16 kHz wav files, which both programs read without conversion. */
import { join } from "node:path";
import { cpuFeatures } from "../../src/platform/cpu-features.ts";
import { libraryPath } from "../../src/platform/library-install.ts";
import { AudioDecoder, AudioLibrary } from "../../src/runner/audio/audio-library.ts";
import { audioFolder } from "./folders.ts";
import { encodeWav, toInt16, wavHeaderBytes } from "../e2e/wav.ts";

export interface Clip {
  readonly name: string;
  readonly language: string;
  readonly durationS: number;
  /** The spoken text. */
  readonly text: string;
  readonly wav: Blob;
}

export interface Clips {
  /** Recording that is about 5 s long. */
  readonly short: Clip;
  /** 11 s long. */
  readonly medium: Clip;
  /** Recording that is about 4 minutes long. */
  readonly long: Clip;
  /** The first minute of `long`. */
  readonly minute: Clip;
  /** Short recordings of human speakers, in all languages. */
  readonly spoken: readonly Clip[];
}

export async function loadClips(): Promise<Clips> {
  const manifest: readonly ManifestEntry[] = await Bun.file(
    join(audioFolder, "manifest.json"),
  ).json();
  const library = new AudioLibrary(
    libraryPath("audio", { cacheFolders: [], cpuFeatures: cpuFeatures() }),
  );
  const clipOf = ({ file, language, text }: ManifestEntry, lastS = durationMaxS): Clip => {
    const samples = decode(library, join(audioFolder, file)).subarray(0, lastS * sampleRate);
    const durationS = samples.length / sampleRate;
    return {
      name: file,
      language,
      durationS,
      text,
      wav: encodeWav(Int16Array.from(samples, toInt16)),
    };
  };
  const named = (name: string): ManifestEntry => {
    const entry = manifest.find(({ file }) => file === name);
    if (entry === undefined) throw new Error(`test/audio/manifest.json does not list ${name}`);
    return entry;
  };
  return {
    short: clipOf(named("en_agent-user.flac")),
    medium: clipOf(named("jfk.flac")),
    long: clipOf(named("long_en.ogg")),
    minute: { ...clipOf(named("long_en.ogg"), 60), name: "the first minute of long_en.ogg" },
    spoken: manifest.filter(({ kind }) => kind === "human").map((entry) => clipOf(entry)),
  };
}

/** Returns a clip of about one hour, which repeats `clip`. */
export async function oneHour(clip: Clip): Promise<Clip> {
  const times = Math.round(3600 / clip.durationS);
  const samples = new Int16Array(await clip.wav.arrayBuffer(), wavHeaderBytes);
  const repeated = new Int16Array(times * samples.length);
  for (let i = 0; i < times; i++) repeated.set(samples, i * samples.length);
  return {
    name: `${clip.name}, ${times} times`,
    language: clip.language,
    durationS: times * clip.durationS,
    text: Array.from({ length: times }, () => clip.text).join(" "),
    wav: encodeWav(repeated),
  };
}

// --- internal ---

interface ManifestEntry {
  readonly file: string;
  readonly language: string;
  readonly text: string;
  readonly kind: "human" | "long" | "noise" | "silence";
}

const sampleRate = 16000;
const durationMaxS = 600;

function decode(library: AudioLibrary, path: string): Float32Array {
  const options = { sampleRate, limits: { durationSMax: durationMaxS } } as const;
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  using decoder = new AudioDecoder(library, path, options, cancel);
  const samples = new Float32Array(sampleRate * durationMaxS);
  let length = 0;
  for (let n: number | null = null; n !== 0; length += n ?? 0) {
    n = decoder.read(samples.subarray(length));
  }
  return samples.subarray(0, length);
}
