// Converts the recordings in `samples/` to raw 16-bit samples, mono at 16 kHz. The executable embeds these samples, so
// the commands `smoke` and `bench` can use them without a decoder.

import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AudioDecoder, AudioLibrary } from "../src/runner/audio/audio-library.ts";
import { sampleRate } from "../src/platform/wav.ts";
import { stagedLibraries } from "./native.ts";
import { BuildError, buildFolder, repository } from "./packages.mjs";
import { buildStep } from "./stamp.ts";
import { findTarget } from "./targets.ts";
import type { EmbeddedFile } from "./embed.ts";

/** Returns the samples to embed: the audio and the text of each recording. */
export async function buildSamples(): Promise<EmbeddedFile[]> {
  const folder = join(repository, "samples");
  const recordings = (await readdir(folder)).filter((name) => name.endsWith(".flac")).toSorted();
  const names = recordings.map((file) => file.replace(/\.flac$/, ""));
  const samples = names.map((name) => ({
    name,
    recording: join(folder, `${name}.flac`),
    text: join(folder, `${name}.txt`),
    audio: join(buildFolder, "embed", "samples", `${name}.s16`),
  }));
  const library = hostAudioLibrary();
  await buildStep(
    {
      title: "converting samples",
      name: "samples",
      inputs: [...samples.map(({ recording }) => recording), library, import.meta.filename],
      outputs: samples.map(({ audio }) => audio),
    },
    async () => {
      await mkdir(join(buildFolder, "embed", "samples"), { recursive: true });
      const opened = new AudioLibrary(library);
      for (const { recording, audio } of samples)
        await writeFile(audio, convert(opened, recording));
    },
  );
  return samples.flatMap(({ name, audio, text }) => [
    { name: `samples/${name}.s16`, path: audio },
    { name: `samples/${name}.txt`, path: text },
  ]);
}

// --- internal ---

const durationSMax = 60;

/**
 * Returns the audio library for this machine, even if the executable is built for another platform: that of a development
 * build or that of a release, which are in different folders.
 */
function hostAudioLibrary(): string {
  const here = findTarget();
  const built = [false, true]
    .flatMap((release) => stagedLibraries(here, release))
    .find(({ name, path }) => name === "audio" && existsSync(path));
  if (built !== undefined) return built.path;
  throw new BuildError(
    'Cannot convert the samples: the audio library of this machine has not been built; run "bun build.ts native"',
  );
}

function convert(library: AudioLibrary, path: string): Uint8Array {
  const options = { sampleRate, limits: { durationSMax } } as const;
  using decoder = new AudioDecoder(
    library,
    path,
    options,
    new Int32Array(new SharedArrayBuffer(4)),
  );
  const decoded = new Float32Array(sampleRate * durationSMax);
  let length = 0;
  for (let n: number | null = null; n !== 0; length += n ?? 0) {
    n = decoder.read(decoded.subarray(length));
  }
  const samples = Int16Array.from(decoded.subarray(0, length), (sample) =>
    Math.round(Math.max(-1, Math.min(1, sample)) * 32_767),
  );
  return new Uint8Array(samples.buffer);
}
