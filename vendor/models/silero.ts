// Extracts the weights of Silero's network for voice activity detection from its ONNX file. The crate ffi/audio
// includes the weights.

import { createHash } from "node:crypto";
import { mkdir, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fetchPinned } from "../fetch.ts";
import { BuildError, buildFolder, readPins } from "../packages.mjs";
import { buildStep } from "../stamp.ts";
import { readInitializers, type Initializer } from "./onnx.ts";

const file = "silero-vad-16k.f32";

/**
 * Returns the path of a file with the weights. Creates the file if it does not exist. The file contains little-endian
 * float32 values: the tensors in the order of `tensors`, each with the outermost dimension first, as in ONNX.
 */
export async function buildVoiceActivityWeights(): Promise<string> {
  const path = join(buildFolder, "models", file);
  const folder = await fetchPinned("silero-vad");
  const pin = (await readPins())["silero-vad"];
  await buildStep(
    {
      title: `converting Silero's voice activity network to ${file}`,
      name: file,
      inputs: [import.meta.filename, join(import.meta.dirname, "onnx.ts")],
      settings: pin,
      outputs: [path],
    },
    async () => {
      const weights = await convert(join(folder, "silero_vad", "data", "silero_vad_16k_op15.onnx"));
      const sha256 = createHash("sha256").update(weights).digest("hex");
      if (sha256 !== pin?.makes?.[file]) {
        throw new BuildError(
          `Cannot use ${file}: its sha256 is ${sha256}, vendor/pins.json expects ${pin?.makes?.[file]}`,
        );
      }
      await mkdir(dirname(path), { recursive: true });
      await Bun.write(`${path}.unfinished`, weights);
      await rename(`${path}.unfinished`, path);
    },
  );
  return path;
}

// --- internal ---

/** Names and shapes of the tensors that the crate ffi/audio reads, in the order in which it reads them. */
const tensors: Readonly<Record<string, readonly number[]>> = {
  "encoder.0.reparam_conv.weight": [128, 129, 3],
  "encoder.0.reparam_conv.bias": [128],
  "encoder.1.reparam_conv.weight": [64, 128, 3],
  "encoder.1.reparam_conv.bias": [64],
  "encoder.2.reparam_conv.weight": [64, 64, 3],
  "encoder.2.reparam_conv.bias": [64],
  "encoder.3.reparam_conv.weight": [128, 64, 3],
  "encoder.3.reparam_conv.bias": [128],
  "decoder.rnn.weight_ih": [512, 128],
  "decoder.rnn.weight_hh": [512, 128],
  "decoder.rnn.bias_ih": [512],
  "decoder.rnn.bias_hh": [512],
  "decoder.decoder.2.weight": [1, 128, 1],
  "decoder.decoder.2.bias": [1],
};

async function convert(path: string): Promise<Uint8Array> {
  const found = readInitializers(await Bun.file(path).bytes());
  checkBasis(take(found, "stft.forward_basis_buffer", [258, 1, 256]));
  const values = Object.entries(tensors).map(([name, shape]) => take(found, name, shape));
  return Buffer.concat(values.map(({ buffer }) => new Uint8Array(buffer)));
}

function take(
  found: ReadonlyMap<string, Initializer>,
  name: string,
  shape: readonly number[],
): Float32Array<ArrayBuffer> {
  const tensor = found.get(`model.${name}`);
  if (String(tensor?.shape) !== String(shape)) {
    throw new BuildError(
      `Cannot convert the network: "${name}" has the shape [${String(tensor?.shape ?? "none")}], expected [${String(shape)}]`,
    );
  }
  return tensor?.values ?? new Float32Array();
}

/**
 * Checks that the first layer is a Fourier transform with a Hann window, because the crate computes this layer with an
 * FFT.
 */
function checkBasis(basis: Float32Array): void {
  const size = 256;
  const bins = size / 2 + 1;
  const furthest = basis.reduce((distance, value, i) => {
    const [row, n] = [Math.floor(i / size), i % size];
    const angle = (2 * Math.PI * (row % bins) * n) / size;
    const window = (1 - Math.cos((2 * Math.PI * n) / size)) / 2;
    const expected = window * (row < bins ? Math.cos(angle) : -Math.sin(angle));
    return Math.max(distance, Math.abs(value - expected));
  }, 0);
  if (furthest > 1e-6) {
    throw new BuildError(
      `Cannot convert the network: its first layer differs by ${furthest} from a Fourier transform with a Hann window`,
    );
  }
}
