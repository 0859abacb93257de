/** Reads recorded speech in the format that engines accept. */
import { AudioDecoder, AudioLibrary } from "../../src/runner/audio/audio-library.ts";
import { builtLibrary } from "./built.ts";

const options = { sampleRate: 16_000, limits: { durationSMax: 600 } } as const;

/** Returns all samples of a file in test/audio, converted to mono at 16 kHz. */
export function recording(name: string): Float32Array {
  const path = new URL(`../audio/${name}`, import.meta.url).pathname;
  const cancel = new Int32Array(new SharedArrayBuffer(4));
  using decoder = new AudioDecoder(new AudioLibrary(builtLibrary("audio")), path, options, cancel);
  const blocks: Float32Array[] = [];
  for (;;) {
    const block = new Float32Array(options.sampleRate);
    const n = decoder.read(block);
    if (n === null) continue;
    if (n === 0) break;
    blocks.push(block.subarray(0, n));
  }
  const samples = new Float32Array(blocks.reduce((sum, block) => sum + block.length, 0));
  blocks.reduce((at, block) => (samples.set(block, at), at + block.length), 0);
  return samples;
}
