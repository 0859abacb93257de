/**
 * Computes the mel filter bank with which Whisper and Parakeet were trained. Each filter is a triangle, and all
 * triangles have the same area. The frequencies follow Slaney's mel scale.
 */

const sampleRate = 16000;
const whisperFftSize = 400;

/**
 * Returns the filter bank. For each mel band, it contains the weights of the frequencies of a Fourier transform with
 * `fftSize` points. The transform of Whisper has 400 points, so 201 frequencies.
 */
export function melFilters(bands: number, fftSize = whisperFftSize): Float32Array<ArrayBuffer>[] {
  const topMel = hertzToMel(sampleRate / 2);
  const edges = Array.from({ length: bands + 2 }, (_, i) => melToHertz((i * topMel) / (bands + 1)));
  return Array.from({ length: bands }, (_, band) => {
    const [low = 0, middle = 0, high = 0] = edges.slice(band, band + 3);
    const normalization = 2 / (high - low);
    return Float32Array.from({ length: fftSize / 2 + 1 }, (_unused, bin) => {
      const frequency = (bin * sampleRate) / fftSize;
      const rising = (frequency - low) / (middle - low);
      const falling = (high - frequency) / (high - middle);
      // Rounds the value to float32 before it is scaled. librosa does the same, and librosa computed Whisper's table.
      return Math.fround(Math.max(0, Math.min(rising, falling))) * normalization;
    });
  });
}

// --- internal ---

// The mel scale is linear up to 1 kHz (mel 15) and logarithmic above.
const hertzPerMel = 200 / 3;
const kneeHertz = 1000;
const kneeMel = kneeHertz / hertzPerMel;
const logStep = Math.log(6.4) / 27;

function hertzToMel(hertz: number): number {
  return hertz < kneeHertz ? hertz / hertzPerMel : kneeMel + Math.log(hertz / kneeHertz) / logStep;
}

function melToHertz(mel: number): number {
  return mel < kneeMel ? mel * hertzPerMel : kneeHertz * Math.exp(logStep * (mel - kneeMel));
}
