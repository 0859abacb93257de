/** Creates WAV files. */

export const sampleRate = 16_000;
const sampleBytes = 2;
export const bytesPerSecond = sampleBytes * sampleRate;

export interface Pcm {
  /** Audio samples of 16 bits in little-endian order. */
  readonly pcm: Uint8Array;
}

/** Returns a WAV file that contains the recordings one after another. They are mono, with 16 kHz and 16 bits. */
export function wavOf(samples: readonly Pcm[]): Uint8Array<ArrayBuffer> {
  const dataBytes = samples.reduce((sum, { pcm }) => sum + pcm.length, 0);
  const header = wavHeader({ tag: 1, bytes: sampleBytes, channels: 1, sampleRate, dataBytes });
  return Uint8Array.from(Buffer.concat([header, ...samples.map(({ pcm }) => pcm)]));
}

export interface WavFormat {
  /** Number of the encoding, for example 1 for PCM. */
  readonly tag: number;
  /** Bytes per sample. */
  readonly bytes: number;
  readonly channels: number;
  /** Samples per second and channel. */
  readonly sampleRate: number;
  /** Length of the data in bytes. `lengthUnknown` means that the data ends with the file. */
  readonly dataBytes: number;
}

/** The largest length that a header can contain. */
export const lengthUnknown = 0xffff_ffff;

/** Returns the header of a WAV file. */
export function wavHeader({ tag, bytes, channels, sampleRate: rate, dataBytes }: WavFormat) {
  const frameBytes = bytes * channels;
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(Math.min(header.length - 8 + dataBytes, lengthUnknown), 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16); // length of the format chunk in bytes
  header.writeUInt16LE(tag, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(rate * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(8 * bytes, 34); // bits per sample
  header.write("data", 36);
  header.writeUInt32LE(dataBytes, 40);
  return header;
}

export function silence(durationS: number): Pcm {
  return { pcm: new Uint8Array(durationS * bytesPerSecond) };
}
