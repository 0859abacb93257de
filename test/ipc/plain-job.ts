/**
 * Defines the options of a job that requests nothing special, and the capabilities of an English model that can run
 * this job.
 */
import type { Capabilities } from "../../src/ipc/capabilities.ts";
import type { TranscribeOptions } from "../../src/ipc/options.ts";

export const plainOptions: TranscribeOptions = {
  task: "transcribe",
  language: null,
  prompt: null,
  keywords: [],
  multilingual: false,
  temperature: 0,
  temperatureFallback: null,
  beamSize: null,
  encoderWindow: null,
  words: false,
  languages: [],
  logprobs: false,
  vad: null,
};

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
