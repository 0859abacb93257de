/** Reads the capabilities and the weights of speech models from GGUF files in the layout of transcribe.cpp. */
import { type Capabilities, plainCapabilities } from "../../ipc/capabilities.ts";
import type { Precision } from "../../jobs/model-facts.ts";
import { engineLanguage } from "../../transcript/languages.ts";
import { type GgufHeader, readGgufHeader } from "./gguf.ts";
import { inspectGgmlWhisper } from "./ggml-whisper.ts";
import { factsOfTensors, type WeightFacts } from "./weight-facts.ts";

/**
 * Returns the capabilities of a model for transcribe.cpp. The file of the model is a GGUF file, or a ggml file of
 * whisper.cpp. Null when it is another file or another kind of model. Throws AsrError `model_load_failed` when the file
 * is damaged.
 */
export async function inspectSpeechModel(path: string): Promise<Capabilities | null> {
  const header = await readGgufHeader(path);
  if (header !== null) return capabilitiesOf(header);
  const whisper = await inspectGgmlWhisper(path);
  if (whisper === null) return null;
  // For a ggml file of whisper.cpp, transcribe.cpp returns only the text, and supports no additional options.
  const { languages, detectLanguage, translate } = whisper;
  return { ...plainCapabilities, languages, detectLanguage, translate };
}

/** Returns facts about the weights. Null when the file is not a GGUF file. */
export async function ggufWeights(path: string): Promise<WeightFacts | null> {
  const header = await readGgufHeader(path);
  return header === null ? null : factsOfTensors(header.tensors, precisions);
}

// --- internal ---

/** Kinds of models that transcribe.cpp runs. The key is the name of the kind in the GGUF file. */
const architectures: ReadonlyMap<string, Partial<Capabilities>> = new Map([
  ["parakeet", { words: true }],
  ["gigaam", { words: true }],
  ["medasr", { words: true }],
  ["whisper", { detectLanguage: true, translate: true }],
  ["canary", { translate: true }],
  ["granite", { translate: true }],
  ["voxtral", { translate: true }],
  ["canary_qwen", {}],
  ["cohere", {}],
  ["funasr_nano", {}],
  ["granite5_ctc", {}],
  ["granite_nar", {}],
  ["moonshine", {}],
  ["moonshine_streaming", {}],
  ["moss", {}],
  ["qwen3_asr", {}],
  ["sensevoice", {}],
  ["voxtral_realtime", {}],
]);

function capabilitiesOf({ values }: GgufHeader): Capabilities | null {
  const usual = architectures.get(String(values.get("general.architecture")));
  if (usual === undefined) return null;
  const flag = (key: string, otherwise = false): boolean => {
    const value = values.get(key);
    return typeof value === "boolean" ? value : otherwise;
  };
  const targets = listIn(values.get("stt.translation.target_languages"));
  const translates = flag("stt.capability.translate", usual.translate);
  return {
    ...plainCapabilities,
    languages: listIn(values.get("general.languages")).map((code) => engineLanguage(code)),
    detectLanguage: flag("stt.capability.lang_detect", usual.detectLanguage),
    words: usual.words ?? false,
    translate: translates && (targets.length === 0 || targets.includes("en")),
  };
}

function listIn(value: unknown): readonly string[] {
  return Array.isArray(value) ? value : [];
}

/** Number formats of weights. The key is the number that ggml uses for the type of the weights. */
const precisions: ReadonlyMap<number, Precision> = new Map([
  [0, "fp32"],
  [1, "fp16"],
  [2, "int4"],
  [3, "int4"],
  [6, "int5"],
  [7, "int5"],
  [8, "int8"],
  [12, "int4"],
  [13, "int5"],
  [14, "int6"],
  [30, "bf16"],
]);
