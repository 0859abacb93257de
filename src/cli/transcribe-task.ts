/** Parses and validates the flags and files of `open-asr-server transcribe` before a model is loaded. */
import { statSync } from "node:fs";
import { basename, extname, join } from "node:path";
import type { ArgsDef } from "citty";
import { UsageError } from "../settings/config.ts";
import {
  formats,
  type Granularity,
  responseFormats,
  type ResponseFormat,
} from "../transcript/format.ts";
import type { TranscribeOptions } from "../ipc/options.ts";
import { languageExpectedFor, readLanguage } from "../models/language-choice.ts";
import { chooseVad, type VadPreset } from "../ipc/vad.ts";

export const taskArgs: ArgsDef = {
  "file...": {
    type: "positional",
    required: false,
    description: "Audio files; - reads standard input",
  },
  format: {
    type: "string",
    alias: "f",
    valueHint: responseFormats.join("|"),
    description: "Format of the transcript (default: text)",
  },
  output: {
    type: "string",
    alias: "o",
    valueHint: "PATH",
    description: "Output file, or a folder for several inputs; existing files are replaced",
  },
  language: {
    type: "string",
    alias: "l",
    description: "Spoken language: en, en-US, English (default: detect it)",
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
  words: { type: "boolean", description: "Add word times (verbose_json)" },
};

export interface Task {
  readonly files: readonly TaskFile[];
  readonly format: ResponseFormat;
  readonly granularities: ReadonlySet<Granularity>;
  readonly options: TranscribeOptions;
  /** The command creates this folder if it is missing. Null when the output is one file or standard output. */
  readonly outputFolder: string | null;
}

export interface TaskFile {
  readonly input: string;
  /** Null: standard output. */
  readonly outputPath: string | null;
}

export const standardInput = "-";

export function readTask(
  flags: Readonly<Record<string, string | undefined>>,
  inputs: readonly string[],
  vad: VadPreset,
): Task {
  if (inputs.length === 0) {
    throw new UsageError("No input file: name one or more files, or - for standard input");
  }
  const duplicate = inputs.find((input, index) => inputs.indexOf(input) !== index);
  if (duplicate !== undefined) throw new UsageError(`"${duplicate}" is named twice`);
  const format = readFormat(flags["format"]);
  const words = flags["words"] === "true";
  if (words && format !== "verbose_json") {
    throw new UsageError("--words needs --format verbose_json, the only format with word times");
  }
  const language = languageOf(flags["language"]);
  const multilingual = flags["multilingual"] === "true";
  if (multilingual && language !== null) {
    throw new UsageError("--multilingual and --language contradict each other: leave one out");
  }
  const output = flags["output"];
  const outputFolder = output !== undefined && isFolder(output, inputs) ? output : null;
  return {
    files:
      outputFolder === null
        ? inputs.map((input) => ({ input, outputPath: output ?? null }))
        : filesInFolder(outputFolder, inputs, formats[format].extension),
    format,
    granularities: new Set(words ? ["segment", "word"] : ["segment"]),
    options: {
      language,
      multilingual,
      prompt: flags["prompt"] || null,
      keywords: readKeywords(flags["keywords"]),
      temperature: readTemperature(flags["temperature"]),
      temperatureFallback: null,
      words,
      vad: chooseVad(vad, null),
    },
    outputFolder,
  };
}

// --- internal ---

function readFormat(written = "text"): ResponseFormat {
  const format = responseFormats.find((one) => one === written);
  if (format) return format;
  throw new UsageError(`--format is "${written}", expected one of ${responseFormats.join(", ")}`);
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

function isFolder(output: string, inputs: readonly string[]): boolean {
  if (inputs.length > 1 || output.endsWith("/")) return true;
  return statSync(output, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Names each output after its input. Throws UsageError when two outputs would have the same path. */
function filesInFolder(folder: string, inputs: readonly string[], extension: string): TaskFile[] {
  const inputOf = new Map<string, string>();
  for (const input of inputs) {
    const name = input === standardInput ? "stdin" : basename(input, extname(input));
    const outputPath = join(folder, `${name}.${extension}`);
    const other = inputOf.get(outputPath);
    if (other !== undefined) {
      throw new UsageError(`"${other}" and "${input}" would both be written to "${outputPath}"`);
    }
    inputOf.set(outputPath, input);
  }
  return [...inputOf].map(([outputPath, input]) => ({ input, outputPath }));
}
