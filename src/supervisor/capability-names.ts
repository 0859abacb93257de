/** Converts the capabilities of models to the names that users see. */
import type { ResolvedModel } from "../jobs/job.ts";

/** Returns the names of the capabilities of these models, without duplicates. */
export function capabilityNames(models: readonly ResolvedModel[]): string[] {
  const entries = models.flatMap((model) => Object.entries(model.capabilities ?? {}));
  const names = entries.filter(([, can]) => can === true).map(([name]) => wireNames[name] ?? name);
  const isMultilingual = models.some(
    ({ capabilities }) => (capabilities?.languages.length ?? 0) > 1,
  );
  return [...new Set([...names, ...(isMultilingual ? ["languages"] : [])])];
}

// --- internal ---

const wireNames: Readonly<Record<string, string>> = {
  detectLanguage: "detect_language",
  beamSize: "beam_size",
  encoderWindow: "encoder_window",
};
