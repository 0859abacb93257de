/** Creates a WAV header for a stream of samples, which some clients send without a header. */
import { lengthUnknown, wavHeader } from "../../platform/wav.ts";

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
  return wavHeader({
    ...sampleEncodings[encoding],
    channels,
    sampleRate,
    dataBytes: lengthUnknown,
  });
}
