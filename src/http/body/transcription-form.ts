/**
 * Parses the form of a request for a transcription or a translation. Each field is checked when it arrives. The error
 * for an unknown or invalid field contains the name of the field.
 */
import { AsrError } from "../../errors.ts";
import { chooseCueLimits, type CueLimits, cueLimits } from "../../transcript/cue-limits.ts";
import {
  type Granularity,
  hasCues,
  type JsonExtras,
  type ResponseFormat,
} from "../../transcript/format.ts";
import type { Task } from "../../transcript/transcript.ts";
import { channelNames, type TranscribeOptions } from "../../ipc/options.ts";
import type { VadPreset } from "../../ipc/vad.ts";
import type { DefaultedOption } from "../../jobs/job.ts";
import { readLanguage } from "../../models/language-choice.ts";
import { contradiction, invalid, shown } from "./field-value.ts";
import { baseName, type FormFields, parseFormField } from "./form-fields.ts";
import { ChunkingField } from "./chunking-field.ts";
import { VadField } from "./vad-field.ts";

export interface TranscriptionRequest {
  readonly model: string | null;
  readonly format: ResponseFormat;
  readonly granularities: ReadonlySet<Granularity>;
  /** Limits on the subtitles. Null when the request contains no such limit; each segment is then one subtitle. */
  readonly cueLimits: CueLimits | null;
  readonly extras: JsonExtras;
  /** Whether the response is a stream of events. */
  readonly stream: boolean;
  readonly options: TranscribeOptions;
  /**
   * Time in seconds that the model stays loaded after this request. The setting of the server limits this time. Null
   * when the request contains no time, so that the setting of the server applies.
   */
  readonly keepAliveS: number | null;
  /** Time in seconds from the arrival of the request to its deadline. Null when the request contains no deadline. */
  readonly deadlineS: number | null;
  /** Options that the request does not contain. The operator's defaults apply to these options. */
  readonly leftOut: readonly DefaultedOption[];
}

export class TranscriptionForm {
  /** Checked values by field name, except `vad` and `chunking_strategy`. */
  readonly #fields: FormFields = {};
  readonly #vad = new VadField();
  readonly #chunking = new ChunkingField();
  readonly #task: Task;

  constructor(task: Task) {
    this.#task = task;
  }

  /**
   * Adds one field. The name of an array field is `name`, `name[]` or `name[0]`. One field may contain several items,
   * separated by commas, and the field may be repeated.
   */
  add(wireName: string, written: string): void {
    const base = baseName(wireName);
    if (base === "vad") return this.#vad.add(wireName, written);
    if (base === "chunking_strategy" && this.#task === "transcribe") {
      return this.#chunking.add(wireName, written);
    }
    const field = parseFormField(wireName, written, { sent: this.#fields, task: this.#task });
    if (field === null) return;
    const { name, value } = field;
    if (name === "vad_filter") this.#vad.filter(value === true);
    Object.assign(this.#fields, { [name]: value });
  }

  get model(): string | null {
    return this.#fields.model ?? null;
  }

  /** Checks the rules that involve several fields, and returns the request. Call this after the last field. */
  finish(vad: VadPreset): TranscriptionRequest {
    const sent = this.#fields;
    const format = sent.response_format ?? "json";
    const granularities = granularitiesOf(sent, format);
    const { language, languages } = languagesOf(sent);
    const isMultilingual = sent.multilingual === true;
    if (isMultilingual && language !== null) {
      const other =
        readChoice(sent.language) === null ? "languages that have one item" : "language";
      const message = `Cannot use multilingual together with ${other}: leave one of them out`;
      throw invalid("multilingual", message);
    }
    const prompt = oneOf(sent, "prompt", "initial_prompt") ?? null;
    return {
      model: this.model,
      format,
      granularities,
      cueLimits: readCueLimits(this.#fields),
      extras: extrasOf(sent),
      stream: readStream(sent, format),
      keepAliveS: this.#fields.keep_alive ?? null,
      deadlineS: this.#fields.deadline_seconds ?? null,
      options: {
        task: this.#task,
        language,
        languages,
        multilingual: isMultilingual,
        prompt,
        keywords: oneOf(sent, "keywords", "hotwords") ?? [],
        temperature: sent.temperature ?? 0,
        temperatureFallback: temperatureFallbackOf(sent),
        beamSize: beamSizeOf(sent),
        encoderWindow: sent.encoder_window ?? null,
        words: granularities.has("word"),
        logprobs: hasLogprobs(sent, format),
        vad: this.#chunking.isSent ? this.#chunking.choose(vad, this.#vad) : this.#vad.choose(vad),
        ...audioTrackOf(sent),
        ...channelOf(sent),
      },
      leftOut: [
        ...(sent.language === undefined && !isMultilingual && sent.languages === undefined
          ? (["language"] as const)
          : []),
        ...(prompt === null ? (["prompt"] as const) : []),
      ],
    };
  }
}

// --- internal ---

type Sent = Readonly<FormFields>;

/**
 * Formats that can be streamed. In OpenAI's API, these are json and text, whose streams contain the same events. As an
 * extension, the stream of verbose_json also contains times.
 */
const streamedFormats: ReadonlySet<ResponseFormat> = new Set(["json", "text", "verbose_json"]);

/** Returns the value of a field that has two names. */
function oneOf<Name extends keyof Sent, Other extends keyof Sent>(
  sent: Sent,
  name: Name,
  otherName: Other,
): Sent[Name] | Sent[Other] {
  const value = sent[name];
  const other = sent[otherName];
  if (value === undefined || other === undefined) return value ?? other;
  if (!Bun.deepEquals(value, other)) throw contradiction(otherName, name);
  return value;
}

/**
 * Returns the language of the audio, and the languages from which the detection chooses. If `languages` contains only
 * one language, the detection has no choice, so `language` is this language. Throws AsrError when the form contains
 * both fields and `languages` does not contain `language`. `language=auto` requests detection, so it does not contradict
 * `languages`.
 */
function languagesOf({ language, languages = [] }: Sent) {
  const candidates = [...new Set(languages.map(readChoice))];
  const codes = candidates.filter((code) => code !== null);
  const known = readChoice(language);
  if (known === null || codes.length === 0) {
    const [only = null] = codes;
    return { language: codes.length === 1 ? only : known, languages: codes };
  }
  if (codes.includes(known)) return { language: known, languages: [known] };
  throw invalid(
    "languages",
    `Cannot use languages with the language ${shown(language ?? "")}: add this language to languages, or leave one of ` +
      "the fields out",
  );
}

function audioTrackOf({ audio_track: track = "auto" }: Sent) {
  return track === "auto" ? {} : { audioTrack: track };
}

function channelOf({ channel: written = "mix" }: Sent) {
  const channel = typeof written === "number" ? written : channelNames[written];
  return channel === undefined ? {} : { channel };
}

/** Returns the code of the language in a field. Null when the language must be detected or the field is absent. */
function readChoice(written = ""): string | null {
  return readLanguage(written)?.code ?? null;
}

function hasLogprobs({ include = [] }: Sent, format: ResponseFormat): boolean {
  if (include.length === 0 || format === "json") return include.length > 0;
  throw invalid("include", 'Cannot include logprobs: they require response_format "json"');
}

/**
 * Returns which times the response contains: of words, of segments, or both. "segment" has an effect only with
 * verbose_json, because every other format either always or never contains the times of segments.
 */
function granularitiesOf(sent: Sent, format: ResponseFormat): ReadonlySet<Granularity> {
  const { timestamp_granularities: asked, word_timestamps: hasWords } = sent;
  if (asked !== undefined && hasWords !== undefined && asked.includes("word") !== hasWords) {
    throw contradiction("word_timestamps", "timestamp_granularities");
  }
  const granularities = new Set(asked ?? (["segment"] as const));
  if (hasWords === true) granularities.add("word");
  if (granularities.has("word") && format !== "verbose_json") {
    const name = asked === undefined ? "word_timestamps" : "timestamp_granularities";
    const message = `Cannot use ${name} with word times: they require response_format "verbose_json"`;
    throw invalid(name, message);
  }
  return granularities;
}

/**
 * Returns which additional fields a response in the format json has. As in OpenAI's API, the name of the model in the
 * request decides this.
 */
function extrasOf({ model = "", languages }: Sent): JsonExtras {
  return {
    usageInTokens: model.startsWith("gpt-"),
    languages: model === "gpt-transcribe" || languages !== undefined,
  };
}

function readStream({ stream = false }: Sent, format: ResponseFormat): boolean {
  if (!stream || streamedFormats.has(format)) return stream;
  const formats = [...streamedFormats].map((name) => `"${name}"`).join(", ");
  const message = `Cannot stream response_format "${format}": use one of ${formats}, or leave out stream`;
  throw new AsrError("unsupported_value", message, { param: "response_format" });
}

/**
 * Returns the limits on the subtitles. Null when the form contains no such limit. Throws AsrError `invalid_request`
 * when the format contains no subtitles.
 */
function readCueLimits(fields: Sent): CueLimits | null {
  const sent = Object.values(cueLimits).find(({ field }) => fields[field] !== undefined);
  if (sent === undefined) return null;
  if (!hasCues(fields.response_format ?? "json")) {
    throw invalid(
      sent.field,
      `Cannot use ${sent.field}: it requires response_format "srt" or "vtt"`,
    );
  }
  return chooseCueLimits({
    lineWidthMax: fields.max_line_width,
    linesMax: fields.max_line_count,
    secondsMax: fields.max_cue_seconds,
  });
}

/**
 * Returns whether suspicious results are decoded again at higher temperatures. Null when the form does not contain
 * `temperature_inc`. Throws AsrError when the form also contains a temperature above 0, because only results at
 * temperature 0 can be decoded again.
 */
function temperatureFallbackOf({ temperature = 0, temperature_inc: step }: Sent): boolean | null {
  if (step === undefined) return null;
  if (step > 0 && temperature > 0) {
    const message = `Cannot use temperature_inc ${step} with temperature ${temperature}: retries need temperature 0`;
    throw invalid("temperature_inc", message);
  }
  return step > 0;
}

/**
 * Returns the number of beams for beam search. Null when the form does not contain `beam_size`. Throws AsrError when
 * the form also contains a temperature above 0, because sampling does not use beams.
 */
function beamSizeOf({ temperature = 0, beam_size: size }: Sent): number | null {
  if (size === undefined) return null;
  if (temperature > 0) {
    const message = `Cannot use beam_size ${size} with temperature ${temperature}: beams need temperature 0`;
    throw invalid("beam_size", message);
  }
  return size;
}
