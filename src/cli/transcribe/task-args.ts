/** Defines the flags of `open-asr-server transcribe` that are not settings. */
import type { ArgsDef } from "citty";
import { cueLimits } from "../../transcript/cue-limits.ts";
import { fileFormats } from "../../transcript/format.ts";

/** Maximum value of the flag --parallel. It limits the number of audio files that are open at the same time. */
export const parallelMax = 64;

export const taskArgs: ArgsDef = {
  "file...": {
    type: "positional",
    required: false,
    description:
      "Audio or video files, folders of them, or quoted patterns; - reads standard input",
  },
  // The flags that most users need come first in the help.
  output: {
    type: "string",
    alias: "o",
    valueHint: "PATH",
    description: "Output file, or a folder for several inputs; older transcripts are replaced",
  },
  format: {
    type: "string",
    alias: "f",
    valueHint: fileFormats.join("|"),
    description: "One format or several: srt,txt (default: the output's extension, else text)",
  },
  language: {
    type: "string",
    alias: "l",
    description: "Spoken language: en, en-US, English (default: detect it)",
  },
  translate: { type: "boolean", description: "Write the text in English" },
  recursive: { type: "boolean", alias: "r", description: "Also search the folders in a folder" },
  beside: { type: "boolean", description: "Write each transcript next to its recording" },
  resume: {
    type: "boolean",
    description: "Skip recordings that are done: same file, options and model",
  },
  parallel: {
    type: "string",
    valueHint: `1..${parallelMax}`,
    description: "Files to transcribe at the same time (default: one more than the workers)",
  },
  prompt: { type: "string", description: "Text that precedes the audio: style, spelling, names" },
  keywords: {
    type: "string",
    valueHint: "WORD,...",
    description: "Words and names to expect",
  },
  multilingual: {
    type: "boolean",
    description: "Detect the language again in each chunk of audio",
  },
  temperature: {
    type: "string",
    valueHint: "0..1",
    description: "0: beam search; above 0: sampling (default: 0)",
  },
  "audio-track": {
    type: "string",
    valueHint: "auto|N",
    description: "Audio track, from 1 (default: auto, the best track with speech)",
  },
  channel: {
    type: "string",
    valueHint: "mix|left|right|each|N",
    description: "Channel, from 1; each: one speaker per channel (default: mix)",
  },
  words: { type: "boolean", description: "Add word times (verbose_json)" },
  timestamps: {
    type: "boolean",
    description: "Print each segment on a line with its times (text)",
  },
  ...cueLimitArgs(),
  profile: { type: "boolean", description: "Print how long each stage of the work took" },
};

/** Returns the name of the flag that sets a field of the request. */
export function flagOf(field: string): string {
  return field.replaceAll("_", "-");
}

// --- internal ---

function cueLimitArgs(): ArgsDef {
  const args = Object.values(cueLimits).map(({ field, min, max, fallback, help }) => [
    flagOf(field),
    {
      type: "string",
      valueHint: `${min}..${max}`,
      description: `${help} (srt, vtt; default: ${fallback})`,
    },
  ]);
  return Object.fromEntries(args) as ArgsDef;
}
