/** Samples as a wav file of 32-bit floats: nothing of them is lost. */
export function floatWav(samples: Float32Array, sampleRate = 16_000): File {
  const header = Buffer.alloc(44);
  header.write("RIFF", 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write("WAVEfmt ", 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(3, 20); // IEEE float
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(4 * sampleRate, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(32, 34);
  header.write("data", 36);
  header.writeUInt32LE(samples.byteLength, 40);
  const data = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  return new File([header, data], "samples.wav", { type: "audio/wav" });
}
