/** Creates a WAV header for a stream of samples, which some clients send without a header. */

/** Encodings of samples, by Deepgram's names. `tag` is the number of the encoding in a WAV header. */
export const sampleEncodings = {
  linear16: { tag: 1, bytes: 2 },
  alaw: { tag: 6, bytes: 1 },
  mulaw: { tag: 7, bytes: 1 },
} as const;

export interface Samples {
  readonly encoding: keyof typeof sampleEncodings;
  /** Samples per second and channel. */
  readonly sampleRate: number;
  readonly channels: number;
}

/** Returns the header. Its length of the data is the largest one, which means that the data ends with the file. */
export function samplesHeader({ encoding, sampleRate, channels }: Samples): Uint8Array {
  const { tag, bytes } = sampleEncodings[encoding];
  const frameBytes = bytes * channels;
  const header = Buffer.alloc(44);
  header.write("RIFF", 0, "latin1");
  header.writeUInt32LE(lengthUnknown, 4);
  header.write("WAVEfmt ", 8, "latin1");
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(tag, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * frameBytes, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(8 * bytes, 34);
  header.write("data", 36, "latin1");
  header.writeUInt32LE(lengthUnknown, 40);
  return header;
}

// --- internal ---

const lengthUnknown = 0xffff_ffff;
