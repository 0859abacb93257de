/** Creates WAV files from mono samples with 16 kHz and 16 bits. */

export const sampleRate = 16_000;
const sampleBytes = 2;
export const bytesPerSecond = sampleBytes * sampleRate;

export interface Pcm {
  /** Audio samples of 16 bits in little-endian order. */
  readonly pcm: Uint8Array;
}

/** Returns a WAV file that contains the recordings one after another. */
export function wavOf(samples: readonly Pcm[]): Uint8Array<ArrayBuffer> {
  const bytes = samples.reduce((sum, { pcm }) => sum + pcm.length, 0);
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(header.length - 8 + bytes, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16); // length of the format chunk in bytes
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

export function silence(durationS: number): Pcm {
  return { pcm: new Uint8Array(durationS * bytesPerSecond) };
}
