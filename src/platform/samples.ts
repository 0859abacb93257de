/**
 * Provides the recordings in the folder `samples/` and the text that is spoken in each of them. The executable contains
 * these recordings. The build converts them to mono with 16 kHz and 16 bits (vendor/samples.ts).
 */
import { embeddedFile, embeddedNames } from "./embedded.ts";
import { bytesPerSecond, type Pcm } from "./wav.ts";

export interface Sample extends Pcm {
  /** Name of the file in `samples/`, without its extension. */
  readonly name: string;
  /** Text that is spoken in the recording, in English. */
  readonly text: string;
  readonly durationS: number;
}

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

// --- internal ---

const audioExtension = ".s16";

function read(name: string): Bun.BunFile {
  const path = embeddedFile(name);
  if (path === null) throw new Error(`expected the embedded file "${name}"`);
  return Bun.file(path);
}
