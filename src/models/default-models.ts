/** Lists the models that a platform prefers to the starter model. */
import { isAppleSilicon, type PlatformFacts } from "./backends/backend-names.ts";

/**
 * Returns the names of the models that are the default model instead of the starter model while they are on this
 * machine, the preferred one first. They are never downloaded without a request. A name can be a model of several
 * backends; the order of `preferredBackend` decides between them.
 */
export function preferredDefaults(machine: PlatformFacts = process): readonly string[] {
  return isAppleSilicon(machine) ? appleSilicon : [];
}

// --- internal ---

/** The default model of the Python server on Macs. With Metal, it is faster and more accurate than Whisper base. */
const appleSilicon = ["parakeet-tdt-0.6b-v3"];
