/**
 * Lists the ids of the backends, and the model names that each backend accepts. The ids and names are the same as in
 * the Python server, which lacks only `transcribe-cpp`. This server has no engine for some of the backends (see
 * `missing-engines.ts`).
 */

export interface BackendNames {
  readonly id: string;
  /** Other ids of the backend. They are also valid as the prefix of a model name. */
  readonly aliases: readonly string[];
  /** Glob patterns of the model names that the backend accepts. */
  readonly patterns: readonly string[];
}

const distilled = ["small.en", "medium.en", "large-v2", "large-v3"];
const sizes = ["tiny", "base", "small", "medium", "large", "large-v2", "large-v3"];

/** Sizes of Whisper that can follow the prefix `whisper-` in a model name of whisper-mlx. */
export const whisperMlxSizes: readonly string[] = [...sizes, "large-v3-turbo"];

/** Sizes of Whisper that can follow the prefix `lightning-whisper-` in a model name of lightning-whisper-mlx. */
export const lightningSizes: readonly string[] = [
  ...sizes,
  ...distilled.map((size) => `distil-${size}`),
];

export const backendNames = {
  parakeetMlx: {
    id: "parakeet-mlx",
    aliases: ["parakeet"],
    patterns: ["parakeet-*", "mlx-community/parakeet-*"],
  },
  whisperMlx: {
    id: "whisper-mlx",
    aliases: ["whisper"],
    patterns: [`whisper-{${whisperMlxSizes.join(",")}}`, "mlx-community/whisper-*"],
  },
  lightningWhisperMlx: {
    id: "lightning-whisper-mlx",
    aliases: ["lightning-whisper"],
    patterns: [`lightning-whisper-{${lightningSizes.join(",")}}`],
  },
  kyutaiMlx: { id: "kyutai-mlx", aliases: [], patterns: ["kyutai/stt-*-mlx"] },
  fasterWhisper: {
    id: "faster-whisper",
    aliases: [],
    patterns: ["openai/whisper-*", "distil-whisper/*"],
  },
  whisperCpp: {
    id: "whisper-cpp",
    aliases: [],
    patterns: ["tiny*", "base*", "small*", "medium*", "large*"],
  },
  transcribeCpp: {
    id: "transcribe-cpp",
    aliases: [],
    patterns: [
      "parakeet-*",
      "nvidia/parakeet-*",
      "mlx-community/parakeet-*",
      "canary-*",
      "nvidia/canary-*",
      "nemotron-*",
      "nvidia/nemotron-*",
      "moonshine-*",
      "UsefulSensors/moonshine-*",
      "qwen3-asr-*",
      "Qwen/Qwen3-ASR-*",
      "sensevoice*",
      "FunAudioLLM/*",
      "fun-asr-*",
      "gigaam-*",
      "granite-*",
      "ibm-granite/granite-*",
      "voxtral-*",
      "mistralai/Voxtral-*",
      "cohere-transcribe-*",
      "CohereLabs/cohere-transcribe-*",
      "medasr*",
      "google/medasr*",
      "handy-computer/*-gguf",
    ],
  },
} as const satisfies Readonly<Record<string, BackendNames>>;

/**
 * Chooses a backend from the list `accepting`. If the list contains the operator's choice, returns this choice.
 * Otherwise returns the backend that is preferred on this platform. Undefined for an empty list.
 */
export function preferredBackend<Backend extends { readonly id: string }>(
  accepting: readonly Backend[],
  defaultBackend: string | null,
  machine: PlatformFacts = process,
): Backend | undefined {
  const order = [
    defaultBackend,
    ...preferences[isAppleSilicon(machine) ? "appleSilicon" : "other"],
  ];
  const chosen = order.map((id) => accepting.find((one) => one.id === id));
  return chosen.find((one) => one !== undefined) ?? accepting[0];
}

export interface PlatformFacts {
  readonly platform: string;
  readonly arch: string;
}

export function isAppleSilicon({ platform, arch }: PlatformFacts): boolean {
  return platform === "darwin" && arch === "arm64";
}

// --- internal ---

/**
 * Backends in order of preference. A backend that is not in a list comes last. On Apple silicon, whisper.cpp is
 * preferred, because it uses the GPU. On other CPUs, CTranslate2 is preferred, because it needs about half the time of
 * whisper.cpp. transcribe.cpp comes after both, because it returns no word times for Whisper files, which whisper.cpp
 * accepts, too. MLX is last, because it has not been measured on a Mac: for Parakeet, the authors of transcribe.cpp have
 * measured 74 ms for 11 s of audio with Metal on an M4 Max, from a file of 740 MB instead of 2.5 GB. Of the two backends for
 * Whisper on MLX, the one that needs less memory comes first.
 */
const preferences: Readonly<Record<"appleSilicon" | "other", readonly string[]>> = {
  appleSilicon: [
    backendNames.whisperCpp.id,
    backendNames.fasterWhisper.id,
    backendNames.transcribeCpp.id,
    backendNames.parakeetMlx.id,
    backendNames.whisperMlx.id,
  ],
  other: [
    backendNames.fasterWhisper.id,
    backendNames.whisperCpp.id,
    backendNames.transcribeCpp.id,
    backendNames.parakeetMlx.id,
    backendNames.whisperMlx.id,
  ],
};
