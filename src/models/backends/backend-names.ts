/**
 * The ids of the backends, with the model names that each accepts. The ids and names are those of the Python server. This
 * server has no engine for some of them: see `missing-engines.ts`.
 */

export interface BackendNames {
  readonly id: string;
  /** Other ids, which work as prefixes of a model name, too. */
  readonly aliases: readonly string[];
  /** Globs of model names. */
  readonly patterns: readonly string[];
}

const distilled = ["small.en", "medium.en", "large-v2", "large-v3"];
const sizes = ["tiny", "base", "small", "medium", "large", "large-v2", "large-v3"];

export const backendNames = {
  parakeetMlx: {
    id: "parakeet-mlx",
    aliases: ["parakeet"],
    patterns: ["parakeet-*", "mlx-community/parakeet-*"],
  },
  whisperMlx: {
    id: "whisper-mlx",
    aliases: ["whisper"],
    patterns: [
      ...[...sizes, "large-v3-turbo"].map((size) => `whisper-${size}`),
      "mlx-community/whisper-*",
    ],
  },
  lightningWhisperMlx: {
    id: "lightning-whisper-mlx",
    aliases: ["lightning-whisper"],
    patterns: [...sizes, ...distilled.map((size) => `distil-${size}`)].map(
      (size) => `lightning-whisper-${size}`,
    ),
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
} as const satisfies Readonly<Record<string, BackendNames>>;

/** The operator's choice, else the first in the order of the platform; undefined for an empty list. */
export function preferredBackend<Backend extends { readonly id: string }>(
  accepting: readonly Backend[],
  defaultBackend: string | null,
  machine: Machine = process,
): Backend | undefined {
  const order = [
    defaultBackend,
    ...preferences[isAppleSilicon(machine) ? "appleSilicon" : "other"],
  ];
  const chosen = order.map((id) => accepting.find((one) => one.id === id));
  return chosen.find((one) => one !== undefined) ?? accepting[0];
}

// --- internal ---

interface Machine {
  readonly platform: string;
  readonly arch: string;
}

/** Backends in order of preference. whisper.cpp uses Apple's GPU; on other CPUs CTranslate2 needs about half its time. */
const preferences: Readonly<Record<"appleSilicon" | "other", readonly string[]>> = {
  appleSilicon: [backendNames.whisperCpp.id, backendNames.fasterWhisper.id],
  other: [backendNames.fasterWhisper.id, backendNames.whisperCpp.id],
};

function isAppleSilicon({ platform, arch }: Machine): boolean {
  return platform === "darwin" && arch === "arm64";
}
