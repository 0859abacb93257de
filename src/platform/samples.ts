/**
 * Provides the recordings of the folder `samples/`, which the executable contains, with the text that is spoken in each.
 * The build converts them to mono with 16 kHz and 16 bits (vendor/samples.ts).
 */
import { embeddedFile, embeddedNames } from "./embedded.ts";

export interface Sample {
  /** Name of the file in `samples/`, without its extension. */
  readonly name: string;
  /** The spoken text, in English. */
  readonly text: string;
  readonly pcm: Uint8Array;
  readonly durationS: number;
}

export const sampleRate = 16_000;

export async function loadSamples(): Promise<readonly Sample[]> {
  const names = embeddedNames("samples/").filter((name) => name.endsWith(audioExtension));
  return Promise.all(
    names.map(async (file) => {
      const name = file.slice("samples/".length, -audioExtension.length);
      const pcm = await read(file).bytes();
      const text = (await read(`samples/${name}.txt`).text()).trim();
      return { name, text, pcm, durationS: pcm.length / bytesPerSecond };
    }),
  );
}

/** Returns a wav file that contains the recordings one after another. */
export function wavOf(samples: readonly Pick<Sample, "pcm">[]): Uint8Array<ArrayBuffer> {
  const bytes = samples.reduce((sum, { pcm }) => sum + pcm.length, 0);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(header.length - 8 + bytes, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16); // length of the format chunk
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22); // channels
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(bytesPerSecond, 28);
  header.writeUInt16LE(sampleBytes, 32);
  header.writeUInt16LE(8 * sampleBytes, 34); // bits per sample
  header.write("data", 36);
  header.writeUInt32LE(bytes, 40);
  return Uint8Array.from(Buffer.concat([header, ...samples.map(({ pcm }) => pcm)]));
}

export function silence(durationS: number): Pick<Sample, "pcm"> {
  return { pcm: new Uint8Array(durationS * bytesPerSecond) };
}

// --- internal ---

const audioExtension = ".s16";
const sampleBytes = 2;
const bytesPerSecond = sampleBytes * sampleRate;

function read(name: string): Bun.BunFile {
  const path = embeddedFile(name);
  if (path === null) throw new Error(`expected the embedded file "${name}"`);
  return Bun.file(path);
}
