/**
 * Describes the starter model, which is Whisper base inside the executable. Chooses the backend that runs it on this
 * machine.
 */
import type { Capabilities } from "../../ipc/capabilities.ts";
import { starterBackend } from "../../platform/embedded.ts";
import { whisperLanguages } from "../../transcript/languages.ts";
import { whisperCapabilities } from "../formats/whisper-capabilities.ts";
import { type Machine, unavailableReason } from "./availability.ts";
import type { Backend } from "./backend.ts";

/** Maps the name of the starter model to the name of its file in the executable. */
export const starterFiles: Readonly<Record<string, string>> = { base: "starter-model" };

/**
 * Whether the executable contains the starter model in the format of CTranslate2. The program can convert this format
 * to the format of whisper.cpp, but cannot convert in the other direction.
 */
export const isStarterForCtranslate2 = starterBackend === "faster-whisper";

export const starterCapabilities: Capabilities = whisperCapabilities({
  languages: whisperLanguages(99),
  words: true,
  hasWholeDecoder: true,
});

export interface StarterChoice {
  readonly backend: string;
  /**
   * Reason why the chosen backend is not the fastest backend of this platform. Null when the chosen backend is the
   * fastest one, or when the list of backends does not contain the fastest one.
   */
  readonly reason: string | null;
}

/**
 * Chooses the backend that runs the starter model when the model name contains no backend. If the fastest backend of
 * this platform can run on this machine, returns this backend. Otherwise returns whisper.cpp, which runs on every
 * machine.
 */
export function chooseStarterBackend(
  backends: readonly Backend[],
  machine: Machine,
): StarterChoice {
  const fastest = backends.find(({ id }) => id === starterBackend);
  const reason = fastest === undefined ? null : reasonAgainst(fastest, machine);
  if (fastest === undefined || reason !== null) return { backend: everywhere, reason };
  return { backend: fastest.id, reason };
}

// --- internal ---

const everywhere = "whisper-cpp";

function reasonAgainst(fastest: Backend, machine: Machine): string | null {
  const { fastWith = null } = fastest;
  if (fastWith !== null && !machine.cpuFeatures.has(fastWith)) {
    return `it is slow on a CPU without ${fastWith}`;
  }
  return unavailableReason(fastest, machine);
}
