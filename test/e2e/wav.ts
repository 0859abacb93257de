/** A wav file made on the spot: 16 kHz mono, 16 bits. */

/** `sampleAt` gives the n-th sample, from -1 to 1; without it, silence. */
export function wavOf(durationS: number, sampleAt?: (n: number) => number): File {
  const samples = Math.round(durationS * sampleRate);
  const bytes = Buffer.alloc(headerBytes + 2 * samples);
  bytes.write("RIFF", 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write("WAVEfmt ", 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(2 * sampleRate, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write("data", 36);
  bytes.writeUInt32LE(2 * samples, 40);
  if (sampleAt !== undefined) {
    for (let n = 0; n < samples; n++) {
      bytes.writeInt16LE(Math.round(32_767 * sampleAt(n)), headerBytes + 2 * n);
    }
  }
  return new File([bytes], "made.wav", { type: "audio/wav" });
}

/** Not silence, and not speech. */
export function tone(n: number): number {
  return 0.3 * Math.sin((2 * Math.PI * 440 * n) / sampleRate);
}

// --- internal ---

const sampleRate = 16_000;
const headerBytes = 44;
