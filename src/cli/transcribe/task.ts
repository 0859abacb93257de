/** Parses and validates the flags and files of `open-asr-server transcribe` before a model is loaded. */
import { UsageError } from "../../settings/config.ts";
import { chooseCueLimits, type CueLimits, cueLimits } from "../../transcript/cue-limits.ts";
import { type FileFormat, type Granularity, hasCues } from "../../transcript/format.ts";
import {
  audioTrackMax,
  channelMax,
  channelNames,
  plainOptions,
  type TranscribeOptions,
} from "../../ipc/options.ts";
import { languageExpectedFor, readLanguage } from "../../models/language-choice.ts";
import { chooseVad, type VadPreset } from "../../ipc/vad.ts";
import { findInputs } from "./inputs.ts";
import { type OutputPlan, planOutputs } from "./output-plan.ts";
import { flagOf, parallelMax } from "./task-args.ts";

export interface Task extends OutputPlan {
  readonly granularities: ReadonlySet<Granularity>;
  /** Limits on the subtitles. Null when none of the formats contains subtitles. */
  readonly cueLimits: CueLimits | null;
  /** Whether the text output has one line for each segment, with the start and end time of the segment. */
  readonly timestamps: boolean;
  /**
   * Whether the transcripts are written to files, and there are several recordings or the flag --resume was given. The
   * command then lists the written files, prints a summary, and records which transcripts are finished.
   */
  readonly isBatch: boolean;
  /** Whether files whose transcripts are finished are skipped (--resume). */
  readonly resume: boolean;
  /**
   * Number of files that are transcribed at the same time. When it is null, the number depends on the number of
   * workers.
   */
  readonly parallel: number | null;
  /** Whether the command prints the time that each stage of the work took (--profile). */
  readonly profile: boolean;
  readonly options: TranscribeOptions;
}

export function readTask(
  flags: Readonly<Record<string, string | undefined>>,
  args: readonly string[],
  vad: VadPreset,
): Task {
  const plan = planOutputs({
    inputs: findInputs(args, { recursive: flags["recursive"] === "true" }),
    output: flags["output"],
    beside: flags["beside"] === "true",
    format: flags["format"],
  });
  const { formats } = plan;
  const words = flags["words"] === "true";
  if (words && !formats.includes("verbose_json")) {
    throw new UsageError("--words needs --format verbose_json, the only format with word times");
  }
  const timestamps = flags["timestamps"] === "true";
  if (timestamps && !formats.includes("text")) {
    throw new UsageError(
      `--timestamps needs --format text; ${formats.join(" and ")} has its own times or none`,
    );
  }
  const resume = flags["resume"] === "true";
  const isSeveral = plan.files.length > 1 || plan.files.some(({ input }) => input.from !== "named");
  if (resume && plan.isPrinted) {
    throw new UsageError("--resume needs output files: write --output FOLDER or --beside");
  }
  const language = languageOf(flags["language"]);
  const multilingual = flags["multilingual"] === "true";
  if (multilingual && language !== null) {
    throw new UsageError("--multilingual and --language contradict each other: leave one out");
  }
  return {
    ...plan,
    granularities: new Set(words ? ["segment", "word"] : ["segment"]),
    cueLimits: readCueLimits(flags, formats),
    timestamps,
    isBatch: !plan.isPrinted && (resume || isSeveral),
    resume,
    parallel: readParallel(flags["parallel"]),
    profile: flags["profile"] === "true",
    options: {
      ...plainOptions,
      task: flags["translate"] === "true" ? "translate" : "transcribe",
      language,
      multilingual,
      prompt: flags["prompt"] || null,
      keywords: readKeywords(flags["keywords"]),
      temperature: readTemperature(flags["temperature"]),
      words,
      vad: chooseVad(vad, null),
      ...readAudioTrack(flags["audio-track"]),
      ...readChannel(flags["channel"]),
    },
  };
}

// --- internal ---

/**
 * Returns the limits on the subtitles from the flags or their defaults. Null when none of the formats contains
 * subtitles.
 */
function readCueLimits(
  flags: Readonly<Record<string, string | undefined>>,
  formats: readonly FileFormat[],
): CueLimits | null {
  const isUsed = formats.some(hasCues);
  const read = (name: keyof CueLimits): number | undefined => {
    const { field, type, min, max } = cueLimits[name];
    const flag = flagOf(field);
    const written = flags[flag];
    if (written === undefined) return undefined;
    if (!isUsed) {
      throw new UsageError(
        `--${flag} needs --format srt or vtt; ${formats.join(" and ")} has no subtitles`,
      );
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
  return isUsed ? chooseCueLimits(given) : null;
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

function readAudioTrack(written = "auto"): Pick<TranscribeOptions, "audioTrack"> {
  if (written === "auto") return {};
  const audioTrack = Number(written);
  if (Number.isInteger(audioTrack) && audioTrack >= 1 && audioTrack <= audioTrackMax) {
    return { audioTrack };
  }
  throw new UsageError(
    `--audio-track is "${written}", expected auto or a whole number from 1 to ${audioTrackMax}`,
  );
}

function readChannel(written = "mix"): Pick<TranscribeOptions, "channel"> {
  if (Object.hasOwn(channelNames, written)) {
    const channel = channelNames[written as keyof typeof channelNames];
    return channel === undefined ? {} : { channel };
  }
  const channel = Number(written);
  if (Number.isInteger(channel) && channel >= 1 && channel <= channelMax) return { channel };
  const names = Object.keys(channelNames).join(", ");
  throw new UsageError(
    `--channel is "${written}", expected one of ${names}, or a whole number from 1 to ${channelMax}`,
  );
}

function readParallel(written: string | undefined): number | null {
  if (written === undefined) return null;
  const count = Number(written);
  if (Number.isInteger(count) && count >= 1 && count <= parallelMax) return count;
  throw new UsageError(
    `--parallel is "${written}", expected a whole number from 1 to ${parallelMax}`,
  );
}
