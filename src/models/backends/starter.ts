/** The starter model: Whisper base, inside the executable. The machine decides which backend runs it. */
import type { Capabilities } from "../../ipc/capabilities.ts";
import { starterBackend } from "../../platform/embedded.ts";
import { whisperLanguages } from "../../transcript/languages.ts";
import { whisperCapabilities } from "../formats/whisper-capabilities.ts";
import { type Machine, unavailableReason } from "./availability.ts";
import type { Backend } from "./backend.ts";

/** The name of the model: the name of the embedded file. */
export const starterFiles: Readonly<Record<string, string>> = { base: "starter-model" };

/** Whether the executable contains the model in CTranslate2's format, which converts to whisper.cpp's but not back. */
export const isStarterForCtranslate2 = starterBackend === "faster-whisper";

export const starterCapabilities: Capabilities = whisperCapabilities({
  languages: whisperLanguages(99),
  words: true,
});

export interface StarterChoice {
  readonly backend: string;
  /** The reason why it is not the fastest backend of this platform; null when it is. */
  readonly reason: string | null;
}

/** The backend for a name that selects none: the fastest one of this platform, else whisper.cpp, which runs everywhere. */
export async function chooseStarterBackend(
  backends: readonly Backend[],
  machine: Machine,
): Promise<StarterChoice> {
  const fastest = backends.find(({ id }) => id === starterBackend);
  const reason = fastest === undefined ? null : await reasonAgainst(fastest, machine);
  if (fastest === undefined || reason !== null) return { backend: everywhere, reason };
  return { backend: fastest.id, reason };
}

// --- internal ---

const everywhere = "whisper-cpp";

async function reasonAgainst(fastest: Backend, machine: Machine): Promise<string | null> {
  const { fastWith = null } = fastest;
  if (fastWith !== null && !machine.cpuFeatures.has(fastWith)) {
    return `it is slow on a CPU without ${fastWith}`;
  }
  return unavailableReason(fastest, machine);
}
