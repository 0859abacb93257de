/** Creates wav files for tests: PCM with 16-bit integers or 32-bit floats, mono or stereo. */

/** Length of the header that `encodeWav` writes before the samples. */
export const wavHeaderBytes = 44;

/** Encodes the samples without changes. The type of the array determines the sample format. */
export function encodeWav(
  samples: Int16Array | Float32Array,
  rate = sampleRate,
  channels = 1,
): File {
  const isFloat = samples instanceof Float32Array;
  const sampleBytes = samples.BYTES_PER_ELEMENT;
  const header = Buffer.alloc(wavHeaderBytes);
  header.write("RIFF", 0);
  header.writeUInt32LE(header.length - 8 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16); // length of the format chunk
  header.writeUInt16LE(isFloat ? 3 : 1, 20); // IEEE float or PCM
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(rate, 24);
  header.writeUInt32LE(channels * sampleBytes * rate, 28); // bytes per second
  header.writeUInt16LE(channels * sampleBytes, 32);
  header.writeUInt16LE(8 * sampleBytes, 34); // bits per sample
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  const data = Buffer.from(samples.buffer as ArrayBuffer, samples.byteOffset, samples.byteLength);
  return new File([header, data], "made.wav", { type: "audio/wav" });
}

/** Creates a file with 16 kHz and 16 bits. `sampleAt` returns sample number n, from -1 to 1. The default is silence. */
export function wavOf(durationS: number, sampleAt: (n: number) => number = () => 0): File {
  const samples = new Int16Array(Math.round(durationS * sampleRate));
  for (let n = 0; n < samples.length; n++) samples[n] = toInt16(sampleAt(n));
  return encodeWav(samples);
}

/** Encodes two channels as stereo with 16 kHz and 16 bits. Silence follows the shorter channel. */
export function stereoWavOf(left: Float32Array, right: Float32Array): File {
  const samples = new Int16Array(2 * Math.max(left.length, right.length));
  for (const [channel, plane] of [left, right].entries()) {
    for (let n = 0; n < plane.length; n++) samples[2 * n + channel] = toInt16(plane[n]!);
  }
  return encodeWav(samples, sampleRate, 2);
}

/** Converts a sample from -1 to 1 to a 16-bit integer. */
export function toInt16(sample: number): number {
  return Math.round(Math.max(-1, Math.min(1, sample)) * 32_767);
}

/** Returns sample number n of a sine wave with 440 Hz, which is neither silence nor speech. */
export function tone(n: number): number {
  return 0.3 * Math.sin((2 * Math.PI * 440 * n) / sampleRate);
}

// --- internal ---

const sampleRate = 16_000;
