/** Recognizes from the name or the files of a model that no backend of this server can run this kind of model. */
import { basename, join } from "node:path";
import { isAtPath } from "./file-facts.ts";
import { mlxWeightsFiles } from "./formats/mlx-whisper.ts";

/**
 * Returns the kind of a model that this server cannot run, for example "Kyutai models". Null when the name does not
 * show such a kind.
 */
export function unsupportedKind(name: string): string | null {
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? null;
}

/** Returns the kind of a file or folder that no backend accepts. Null when the kind is not recognized. */
export function unsupportedKindAt(path: string): string | null {
  if (mlxWeightsFiles.some((file) => isAtPath(join(path, file)))) return "MLX models";
  const isTransformers = transformersWeights.some((file) => isAtPath(join(path, file)));
  return isTransformers ? "models in the format of Transformers" : unsupportedKind(basename(path));
}

// --- internal ---

const transformersWeights = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
];

const kinds: readonly (readonly [pattern: RegExp, kind: string])[] = [
  [/conformer|\.nemo$/iu, "NVIDIA NeMo models"],
  [/^kyutai\/|moshi/iu, "Kyutai models"],
  [/qwen(?!3-asr)/iu, "Qwen models for other tasks"],
  [/wav2vec|hubert|\bmms-|seamless/iu, "wav2vec 2.0 and related models"],
  [/paraformer/iu, "Paraformer models"],
  [/vosk|kaldi|zipformer/iu, "Kaldi models"],
  [/^nova-\d|^deepgram\//iu, "Deepgram models"],
  [/^scribe_v\d/iu, "ElevenLabs models"],
  [/^gpt-(?:4o-audio|4o-realtime|realtime|audio)/iu, "OpenAI's chat models with audio"],
  [/^mlx-community\/|-mlx\b|^lightning-whisper-/iu, "MLX models"],
  [/whisperkit|coreml/iu, "Core ML models"],
  [/\.gguf$|-gguf$/iu, "GGUF files of other programs"],
  [/\.onnx$|-onnx$|^onnx-community\//iu, "ONNX models"],
  [/\.(?:pt|pth|ckpt)$/iu, "PyTorch checkpoints"],
  [/\.safetensors$/iu, "safetensors files"],
];
