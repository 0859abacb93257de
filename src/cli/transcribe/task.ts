/** Parses and validates the flags and files of `open-asr-server transcribe` before a model is loaded. */
import type { ArgsDef } from "citty";
import { UsageError } from "../../settings/config.ts";
import { chooseCueLimits, type CueLimits, cueLimits } from "../../transcript/cue-limits.ts";
import {
  type FileFormat,
  fileFormats,
  type Granularity,
  hasCues,
} from "../../transcript/format.ts";
import type { TranscribeOptions } from "../../ipc/options.ts";
import { languageExpectedFor, readLanguage } from "../../models/language-choice.ts";
import { chooseVad, type VadPreset } from "../../ipc/vad.ts";
import { shownPath } from "../file-names.ts";
import { type OutputPlan, planOutputs } from "./output-plan.ts";

export const taskArgs: ArgsDef = {
  "file...": {
    type: "positional",
    required: false,
    description: "Audio files; - reads standard input",
  },
  format: {
    type: "string",
    alias: "f",
    valueHint: fileFormats.join("|"),
    description: "Format of the transcript (default: the output's extension, else text)",
  },
  output: {
    type: "string",
    alias: "o",
    valueHint: "PATH",
    description: "Output file, or a folder for several inputs; older transcripts are replaced",
  },
  language: {
    type: "string",
    alias: "l",
    description: "Spoken language: en, en-US, English (default: detect it)",
  },
  translate: { type: "boolean", description: "Write the text in English" },
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
  words: { type: "boolean", description: "Add word times (verbose_json)" },
  timestamps: {
    type: "boolean",
    description: "Print each segment on a line with its times (text)",
  },
  ...cueLimitArgs(),
};

export interface Task extends OutputPlan {
  readonly granularities: ReadonlySet<Granularity>;
  /** Limits of subtitles. Null when the format has no subtitles. */
  readonly cueLimits: CueLimits | null;
  /** Whether the text has one line for each segment, with the times of the segment. */
  readonly timestamps: boolean;
  readonly options: TranscribeOptions;
}

export function readTask(
  flags: Readonly<Record<string, string | undefined>>,
  inputs: readonly string[],
  vad: VadPreset,
): Task {
  if (inputs.length === 0) {
    throw new UsageError("No input file: name one or more files, or - for standard input");
  }
  const duplicate = inputs.find((input, index) => inputs.indexOf(input) !== index);
  if (duplicate !== undefined) {
    throw new UsageError(`"${shownPath(duplicate)}" is named twice`);
  }
  const plan = planOutputs({ inputs, output: flags["output"], format: flags["format"] });
  const { format } = plan;
  const words = flags["words"] === "true";
  if (words && format !== "verbose_json") {
    throw new UsageError("--words needs --format verbose_json, the only format with word times");
  }
  const timestamps = flags["timestamps"] === "true";
  if (timestamps && format !== "text") {
    throw new UsageError(`--timestamps needs --format text; ${format} has its own times or none`);
  }
  const language = languageOf(flags["language"]);
  const multilingual = flags["multilingual"] === "true";
  if (multilingual && language !== null) {
    throw new UsageError("--multilingual and --language contradict each other: leave one out");
  }
  return {
    ...plan,
    granularities: new Set(words ? ["segment", "word"] : ["segment"]),
    cueLimits: readCueLimits(flags, format),
    timestamps,
    options: {
      task: flags["translate"] === "true" ? "translate" : "transcribe",
      language,
      languages: [],
      multilingual,
      prompt: flags["prompt"] || null,
      keywords: readKeywords(flags["keywords"]),
      temperature: readTemperature(flags["temperature"]),
      temperatureFallback: null,
      words,
      logprobs: false,
      vad: chooseVad(vad, null),
    },
  };
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

function flagOf(field: string): string {
  return field.replaceAll("_", "-");
}

/** Returns the limits of subtitles from the flags or their defaults. Null when the format has no subtitles. */
function readCueLimits(
  flags: Readonly<Record<string, string | undefined>>,
  format: FileFormat,
): CueLimits | null {
  const read = (name: keyof CueLimits): number | undefined => {
    const { field, type, min, max } = cueLimits[name];
    const flag = flagOf(field);
    const written = flags[flag];
    if (written === undefined) return undefined;
    if (!hasCues(format)) {
      throw new UsageError(`--${flag} needs --format srt or vtt; ${format} has no subtitles`);
    }
    const value = Number(written);
    const isValid = written.trim() !== "" && value >= min && value <= max;
    if (isValid && (type === "number" || Number.isInteger(value))) return value;
    const expected = type === "integer" ? "a whole number" : "a number";
    throw new UsageError(`--${flag} is "${written}", expected ${expected} from ${min} to ${max}`);
  };
  const given = {
    lineWidthMax: read("lineWidthMax"),
    linesMax: read("linesMax"),
    secondsMax: read("secondsMax"),
  };
  return hasCues(format) ? chooseCueLimits(given) : null;
}

function languageOf(written = ""): string | null {
  const choice = readLanguage(written);
  if (choice !== undefined) return choice.code;
  throw new UsageError(`--language is "${written}", expected ${languageExpectedFor(written)}`);
}

function readKeywords(written = ""): string[] {
  const keywords = written.split(",").map((keyword) => keyword.trim());
  return keywords.filter((keyword) => keyword !== "");
}

function readTemperature(written: string | undefined): number {
  if (!written) return 0;
  const temperature = Number(written);
  if (temperature >= 0 && temperature <= 1) return temperature;
  throw new UsageError(`--temperature is "${written}", expected a number from 0 to 1`);
}
