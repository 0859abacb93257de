/** Provides ten minutes of stereo speech in every format that the benchmark decodes. ffmpeg creates the files once. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "../../../vendor/packages.mjs";
import { buildStep } from "../../../vendor/stamp.ts";
import { audioFolder, benchFolder } from "../folders.ts";

export const durationS = 600;

export interface TenMinutes {
  readonly title: string;
  readonly path: string;
}

export async function tenMinutes(): Promise<TenMinutes[]> {
  const folder = join(benchFolder, "audio");
  await mkdir(folder, { recursive: true });
  const source = join(folder, "source.wav");
  await encode("source", source, [...speech, "-c:a", "pcm_s16le", "-ar", "44100"]);
  const made: TenMinutes[] = [];
  for (const { title, file, options } of formats) {
    const path = join(folder, file);
    await encode(file, path, ["-i", source, ...options]);
    made.push({ title, path });
  }
  return made;
}

/** Creates a file with the same audio as raw float32 samples at 16 kHz. Returns its path. */
export async function tenMinutesOfSamples(): Promise<string> {
  await tenMinutes();
  const path = join(benchFolder, "audio", "samples.f32");
  const source = join(benchFolder, "audio", "source.wav");
  await encode("samples.f32", path, ["-i", source, "-ac", "1", "-ar", "16000", "-f", "f32le"]);
  return path;
}

// --- internal ---

const recording = join(audioFolder, "long_en.ogg");
/**
 * The two channels contain the same voices at different times, and a little noise. So no channel is a copy of the
 * other, and no frequency band is empty.
 */
const mixed =
  "[0:a]aresample=44100,asplit[l][d];[d]adelay=7000[r];[l][r]join=inputs=2:channel_layout=stereo[s];" +
  "anoisesrc=r=44100:a=0.002:c=pink,pan=stereo|c0=c0|c1=-1*c0[n];[s][n]amix=inputs=2:normalize=0";
const looped = ["-stream_loop", "3", "-i", recording];
const speech = [...looped, "-filter_complex", mixed, "-t", String(durationS)];

const formats = [
  { title: "wav, 44.1 kHz stereo", file: "wav44.wav", options: ["-c:a", "pcm_s16le"] },
  { title: "wav, 16 kHz mono", file: "wav16.wav", options: ["-ac", "1", "-ar", "16000"] },
  { title: "mu-law (wav)", file: "mulaw.wav", options: ["-c:a", "pcm_mulaw"] },
  { title: "IMA ADPCM (wav)", file: "ima.wav", options: ["-c:a", "adpcm_ima_wav"] },
  { title: "aiff", file: "aiff.aiff", options: [] },
  { title: "flac", file: "flac.flac", options: [] },
  { title: "ALAC (m4a)", file: "alac.m4a", options: ["-c:a", "alac"] },
  { title: "mp3", file: "mp3.mp3", options: ["-c:a", "libmp3lame", "-b:a", "128k"] },
  { title: "mp2", file: "mp2.mp2", options: ["-c:a", "mp2", "-b:a", "192k"] },
  { title: "AAC (m4a)", file: "aac.m4a", options: ["-c:a", "aac", "-b:a", "128k"] },
  { title: "AAC (adts)", file: "aac.aac", options: ["-c:a", "aac", "-b:a", "128k"] },
  { title: "Vorbis (ogg)", file: "vorbis.ogg", options: ["-c:a", "libvorbis", "-q:a", "4"] },
  { title: "Opus (ogg)", file: "opus.ogg", options: ["-c:a", "libopus", "-b:a", "64k"] },
  { title: "Opus (webm)", file: "opus.webm", options: ["-c:a", "libopus", "-b:a", "64k"] },
] as const;

async function encode(name: string, path: string, options: readonly string[]): Promise<void> {
  await buildStep(
    { title: `making ${name}`, name: `bench-audio-${name}`, settings: options, outputs: [path] },
    async () => {
      const command = ["ffmpeg", "-nostdin", "-v", "error", "-y", ...options, path];
      runTool(command, { failure: `Cannot make ${name}: is ffmpeg installed?` });
    },
  );
}
