/**
 * Lists the models that the authors of transcribe.cpp have published on Hugging Face, in repositories
 * `handy-computer/NAME-gguf`. The sizes come from the documentation of transcribe.cpp. docs/models.md lists licences
 * and error rates.
 */

export interface PublishedModel {
  readonly repository: string;
  /**
   * Name of the file. By default, it has 8-bit weights. They are as accurate as 32-bit weights, and as fast as weights
   * with fewer bits.
   */
  readonly file: string;
  /** Approximate size of the file in bytes. */
  readonly bytes: number;
  /** Whether the model translates into English. Null when this is known only after the file was read. */
  readonly translates: boolean | null;
}

/** Formats of the weights that are narrower than the widest one, in falling order. A model has the first two or all. */
const narrower = ["F16", "Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M"] as const;

/** Format of the file for a name without a format. */
const defaultFormat = "Q8_0";

type Widest = "F32" | "BF16";

/**
 * Name of each model, its widest format, and the sizes of its files in megabytes. The first size is that of the widest
 * format. The next sizes follow the order of `narrower`.
 */
const published: readonly (readonly [
  name: string,
  widest: Widest,
  megabytes: readonly number[],
])[] = [
  ["canary-180m-flash", "F32", [721, 364, 208, 168, 151, 133]],
  ["canary-1b-flash", "F32", [3300, 1700, 1000, 818, 734, 646]],
  ["canary-1b-v2", "F32", [3700, 1800, 1100, 889, 798, 701]],
  ["canary-1b", "F32", [3800, 1900, 1100, 891, 799, 696]],
  ["canary-qwen-2.5b", "BF16", [4730, 4730, 2610, 2060, 1850, 1620]],
  ["cohere-transcribe-03-2026", "BF16", [4100, 4110, 2410, 1970, 1760, 1550]],
  ["Fun-ASR-MLT-Nano-2512", "BF16", [1590, 1590, 850, 659, 602, 531]],
  ["Fun-ASR-Nano-2512", "BF16", [1590, 1590, 850, 659, 602, 531]],
  ["gigaam-v3-ctc", "F32", [842, 428, 259, 216, 195, 174]],
  ["gigaam-v3-e2e-ctc", "F32", [843, 428, 260, 216, 195, 174]],
  ["gigaam-v3-e2e-rnnt", "F32", [849, 431, 261, 217, 197, 175]],
  ["gigaam-v3-rnnt", "F32", [846, 430, 260, 217, 196, 175]],
  ["granite-4.0-1b-speech", "BF16", [4630, 4630, 2560, 2020, 1830, 1600]],
  ["granite-speech-4.1-2b-nar", "BF16", [4200, 4210, 2330, 1840, 1660, 1450]],
  ["granite-speech-4.1-2b-plus", "BF16", [4230, 4230, 2350, 1860, 1690, 1490]],
  ["granite-speech-4.1-2b", "BF16", [4630, 4630, 2560, 2020, 1830, 1600]],
  ["medasr", "F32", [417, 202, 122, 101, 90, 79]],
  ["moonshine-base", "F32", [236, 126, 74]],
  ["moonshine-streaming-medium", "F32", [1015, 509, 282]],
  ["moonshine-streaming-small", "F32", [536, 269, 189]],
  ["moonshine-streaming-tiny", "F32", [169, 85, 48]],
  ["moonshine-tiny", "F32", [105, 57, 34]],
  ["nemotron-3.5-asr-streaming-0.6b", "F32", [2380, 1190, 716, 593, 534, 473]],
  ["nemotron-speech-streaming-en-0.6b", "F32", [2300, 1160, 696, 573, 514, 453]],
  ["parakeet-ctc-0.6b", "F32", [2440, 1220, 722, 594, 533, 469]],
  ["parakeet-ctc-1.1b", "F32", [4250, 2130, 1260, 1040, 929, 818]],
  ["parakeet-primeline", "F32", [2510, 1260, 740, 610, 549, 485]],
  ["parakeet-rnnt-0.6b", "F32", [2470, 1240, 730, 601, 540, 476]],
  ["parakeet-rnnt-1.1b", "F32", [4280, 2150, 1270, 1040, 936, 825]],
  ["parakeet-tdt-0.6b-v2", "F32", [2470, 1240, 730, 608, 547, 483]],
  ["parakeet-tdt-0.6b-v3", "F32", [2510, 1260, 740, 627, 565, 502]],
  ["parakeet-tdt-1.1b", "F32", [4280, 2150, 1270, 1040, 936, 825]],
  ["parakeet-tdt_ctc-1.1b", "F32", [4280, 2150, 1270, 1040, 936, 825]],
  ["parakeet-tdt_ctc-110m", "F32", [457, 229, 135, 112, 101, 90]],
  ["parakeet-unified-en-0.6b", "F32", [2470, 1240, 731, 602, 541, 477]],
  ["Qwen3-ASR-0.6B", "BF16", [1499, 1507, 811, 763, 707, 654]],
  ["Qwen3-ASR-1.7B", "BF16", [3894, 3902, 2084, 1614, 1447, 1259]],
  ["SenseVoiceSmall", "F32", [893, 449, 241, 187, 164, 139]],
  ["Voxtral-Mini-3B-2507", "BF16", [9370, 9380, 5000, 3870, 3460, 2980]],
  ["Voxtral-Mini-4B-Realtime-2602", "BF16", [8870, 8880, 4730, 3660, 3280, 2830]],
  ["Voxtral-Small-24B-2507", "BF16", [48540, 48550, 25810, 19940, 17140, 14300]],
];

/** Names of the published models, in the form that requests usually have: in lower case. */
export const publishedNames: readonly string[] = published.map(([name]) => name.toLowerCase());

/**
 * Returns the published model for a name. The name may have the prefix of an organization that published the model in
 * another format, for example `nvidia/parakeet-tdt-0.6b-v3`. It may end with the format of the weights, for example
 * `parakeet-tdt-0.6b-v3-q4_k_m`. Null when no such file is published.
 */
export function publishedModel(written: string): PublishedModel | null {
  const [, plain = "", format = defaultFormat.toLowerCase()] =
    /^(?:[^/]+\/)?(.+?)(?:-gguf)?(?:-(f32|bf16|f16|q8_0|q6_k|q5_k_m|q4_k_m))?$/u.exec(
      written.toLowerCase(),
    ) ?? [];
  const found = published.find(([name]) => name.toLowerCase() === (otherSpellings[plain] ?? plain));
  if (found === undefined) return null;
  const [name, widest, sizes] = found;
  const formats = [widest, ...narrower];
  const index = formats.findIndex((one) => one.toLowerCase() === format);
  const megabytes = sizes[index];
  if (megabytes === undefined) return null;
  return {
    repository: `handy-computer/${name}-gguf`,
    file: `${name}-${formats[index]}.gguf`,
    bytes: megabytes * 1e6,
    translates: translatingKinds.test(name) ? null : false,
  };
}

/** Returns the name of a published model from the name of its file. Null for any other file. */
export function modelOfGgufFile(fileName: string): string | null {
  const name = /^(.+)\.gguf$/u.exec(fileName)?.[1]?.toLowerCase();
  return name === undefined || publishedModel(name) === null ? null : name;
}

// --- internal ---

/** Matches the names of models that may be able to translate. Some of these models cannot translate into English. */
const translatingKinds = /^(?:canary|granite|Voxtral)/u;

const otherSpellings: Readonly<Record<string, string>> = { "sensevoice-small": "sensevoicesmall" };
