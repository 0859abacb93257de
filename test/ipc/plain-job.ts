/**
 * Defines the options of a job that requests nothing special, and the capabilities of an English model that can run
 * this job.
 */
import type { Capabilities } from "../../src/ipc/capabilities.ts";

export { plainOptions } from "../../src/ipc/options.ts";

export const englishCapabilities: Capabilities = {
  languages: ["en"],
  detectLanguage: false,
  prompt: true,
  keywords: true,
  temperature: true,
  beamSize: true,
  encoderWindow: true,
  words: true,
  translate: false,
  live: false,
};
