/** Reads recorded speech in the format that engines accept. */
import { AudioDecoder, AudioLibrary } from "../../src/runner/audio/audio-library.ts";
import { builtLibrary } from "./built.ts";

/** Returns all samples of a file in test/audio, converted to mono at 16 kHz. */
export function recording(name: string): Float32Array {
  return recordingAt(16_000, name);
}

/** Returns all samples of a file in test/audio, converted to mono at a sample rate. */
export function recordingAt(sampleRate: 16_000 | 24_000, name: string): Float32Array {
  const path = new URL(`../audio/${name}`, import.meta.url).pathname;
  const options = { sampleRate, limits: { durationSMax: 600 } };
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  using decoder = new AudioDecoder(new AudioLibrary(builtLibrary("audio")), path, options, cancel);
  const blocks: Float32Array[] = [];
  for (;;) {
    const block = new Float32Array(sampleRate);
    const n = decoder.read(block);
    if (n === null) continue;
    if (n === 0) break;
    blocks.push(block.subarray(0, n));
  }
  const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  blocks.reduce((at, block) => (samples.set(block, at), at + block.length), 0);
  return samples;
}
