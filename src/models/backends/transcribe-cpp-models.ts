/**
 * Lists the models that the authors of transcribe.cpp have published on Hugging Face, in repositories
 * `handy-computer/NAME-gguf`. The sizes come from the documentation of transcribe.cpp. docs/models.md lists licences
 * and error rates.
 */

export interface PublishedModel {
  readonly repository: string;
  /**
   * Name of the file with 8-bit weights. They are as accurate as 32-bit weights, and as fast as weights with fewer
   * bits.
   */
  readonly file: string;
  /** Approximate size of the file in bytes. */
  readonly bytes: number;
  /** Whether the model translates into English. Null when this is known only after the file was read. */
  readonly translates: boolean | null;
}

/** Name of each model, and size of its file with 8-bit weights in megabytes. */
const published: readonly (readonly [name: string, megabytes: number])[] = [
  ["canary-180m-flash", 208],
  ["canary-1b-flash", 1000],
  ["canary-1b-v2", 1100],
  ["canary-1b", 1100],
  ["canary-qwen-2.5b", 2610],
  ["cohere-transcribe-03-2026", 2410],
  ["Fun-ASR-MLT-Nano-2512", 850],
  ["Fun-ASR-Nano-2512", 850],
  ["gigaam-v3-ctc", 259],
  ["gigaam-v3-e2e-ctc", 260],
  ["gigaam-v3-e2e-rnnt", 261],
  ["gigaam-v3-rnnt", 260],
  ["granite-4.0-1b-speech", 2560],
  ["granite-speech-4.1-2b-nar", 2330],
  ["granite-speech-4.1-2b-plus", 2350],
  ["granite-speech-4.1-2b", 2560],
  ["medasr", 122],
  ["moonshine-base", 74],
  ["moonshine-streaming-medium", 282],
  ["moonshine-streaming-small", 189],
  ["moonshine-streaming-tiny", 48],
  ["moonshine-tiny", 34],
  ["nemotron-3.5-asr-streaming-0.6b", 716],
  ["nemotron-speech-streaming-en-0.6b", 696],
  ["parakeet-ctc-0.6b", 722],
  ["parakeet-ctc-1.1b", 1260],
  ["parakeet-primeline", 740],
  ["parakeet-rnnt-0.6b", 730],
  ["parakeet-rnnt-1.1b", 1270],
  ["parakeet-tdt-0.6b-v2", 730],
  ["parakeet-tdt-0.6b-v3", 740],
  ["parakeet-tdt-1.1b", 1270],
  ["parakeet-tdt_ctc-1.1b", 1270],
  ["parakeet-tdt_ctc-110m", 135],
  ["parakeet-unified-en-0.6b", 731],
  ["Qwen3-ASR-0.6B", 811],
  ["Qwen3-ASR-1.7B", 2084],
  ["SenseVoiceSmall", 241],
  ["Voxtral-Mini-3B-2507", 5000],
  ["Voxtral-Mini-4B-Realtime-2602", 4730],
  ["Voxtral-Small-24B-2507", 25810],
];

/** Names of the published models, in the form that requests usually have: in lower case. */
export const publishedNames: readonly string[] = published.map(([name]) => name.toLowerCase());

/**
 * Returns the published model for a name. The name may have the prefix of an organization that published the model in
 * another format, for example `nvidia/parakeet-tdt-0.6b-v3`. Null when no such model is published.
 */
export function publishedModel(written: string): PublishedModel | null {
  const plain = written
    .replace(/^[^/]+\//u, "")
    .replace(/-gguf$/u, "")
    .toLowerCase();
  const found = published.find(([name]) => name.toLowerCase() === (otherSpellings[plain] ?? plain));
  if (found === undefined) return null;
  const [name, megabytes] = found;
  return {
    repository: `handy-computer/${name}-gguf`,
    file: `${name}-Q8_0.gguf`,
    bytes: megabytes * 1e6,
    translates: translatingKinds.test(name) ? null : false,
  };
}

// --- internal ---

/** Matches the names of models that may be able to translate. Some of these models cannot translate into English. */
const translatingKinds = /^(?:canary|granite|Voxtral)/u;

const otherSpellings: Readonly<Record<string, string>> = { "sensevoice-small": "sensevoicesmall" };
