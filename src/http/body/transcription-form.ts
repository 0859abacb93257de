/** The fields of a transcription request. Each field is checked when it arrives. An unknown or invalid field is rejected by name. */
import type { Static, TSchema } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { AsrError } from "../../errors.ts";
import { chooseCueLimits, type CueLimits, cueLimits } from "../../transcript/cue-limits.ts";
import { type Granularity, hasCues, type ResponseFormat } from "../../transcript/format.ts";
import type { TranscribeOptions } from "../../ipc/options.ts";
import { languageCode } from "../../transcript/languages.ts";
import type { VadPreset } from "../../ipc/vad.ts";
import { type TranscriptionFields, transcriptionFields } from "../schema.ts";
import { VadField } from "./vad-field.ts";

export interface TranscriptionRequest {
  readonly model: string | null;
  readonly format: ResponseFormat;
  readonly granularities: ReadonlySet<Granularity>;
  /** Null: one cue per segment. */
  readonly cueLimits: CueLimits | null;
  readonly options: TranscribeOptions;
  /** Seconds that the model stays loaded after this request; null: as long as the server keeps it. */
  readonly keepAliveS: number | null;
}

export class TranscriptionForm {
  readonly #fields: TranscriptionFields = {};
  readonly #vad = new VadField();

  /** Adds one field. Arrays are sent as `name[]` or `name`, repeated or separated by commas. */
  add(wireName: string, written: string): void {
    const name = wireName.replace(/\[.*$/s, "");
    // Some clients send an empty field for each option that the user did not set.
    const isBlank = written.trim() === "";
    if (name === "vad") return this.#vad.add(wireName, written);
    if (isField(name) ? !isNameOf(name, wireName) : !unsupportedFields.has(name)) {
      throw unknownField(wireName);
    }
    if (isBlank) return;
    if (!isField(name) || isUnsupported(name, written)) throw unsupported(name);
    if (name === "timestamp_granularities") {
      const items = itemsOf(name, written).map((item) => check(name, granularity, item));
      this.#fields[name] = [...new Set([...(this.#fields[name] ?? []), ...items])];
      return;
    }
    if (name === "keywords") return this.#addKeywords(written);
    if (this.#fields[name] !== undefined) {
      throw invalid(name, `Cannot use the field "${name}": it was sent more than once`);
    }
    const value = check(name, transcriptionFields.properties[name], written);
    Object.assign(this.#fields, { [name]: value });
  }

  #addKeywords(written: string): void {
    const added = itemsOf("keywords", written)
      .filter((item) => item !== "")
      .map((item) => check("keywords", keyword, item));
    const all = [...(this.#fields.keywords ?? []), ...added];
    if (all.length > keywordsMax) {
      throw invalid(
        "keywords",
        `Cannot use ${all.length} keywords: expected at most ${keywordsMax}`,
      );
    }
    this.#fields.keywords = all;
  }

  get model(): string | null {
    return this.#fields.model ?? null;
  }

  /** Call after the last field. Checks the rules that involve several fields. */
  finish(vad: VadPreset): TranscriptionRequest {
    const { language, multilingual, response_format, timestamp_granularities } = this.#fields;
    if (timestamp_granularities !== undefined && response_format !== "verbose_json") {
      const message =
        'Cannot use timestamp_granularities: they require response_format "verbose_json"';
      throw invalid("timestamp_granularities", message);
    }
    if (multilingual === true && language !== undefined) {
      const message = "Cannot use multilingual together with language: leave one of them out";
      throw invalid("multilingual", message);
    }
    const granularities = new Set(timestamp_granularities ?? (["segment"] as const));
    return {
      model: this.model,
      format: response_format ?? "json",
      granularities,
      cueLimits: readCueLimits(this.#fields),
      keepAliveS: this.#fields.keep_alive ?? null,
      options: {
        language: language === undefined ? null : languageCode(language),
        multilingual: multilingual ?? false,
        prompt: this.#fields.prompt ?? null,
        keywords: this.#fields.keywords ?? [],
        temperature: this.#fields.temperature ?? 0,
        words: granularities.has("word"),
        vad: this.#vad.choose(vad),
      },
    };
  }
}

// --- internal ---

type FieldName = keyof TranscriptionFields;

const granularity = transcriptionFields.properties.timestamp_granularities.items;
const keyword = transcriptionFields.properties.keywords.items;
const keywordsMax = transcriptionFields.properties.keywords.maxItems ?? Infinity;

/** Maximum number of characters in one list field. Useful values are shorter. */
const listCharactersMax = { timestamp_granularities: 64, keywords: 25_000 } as const;

/** Splits a list into items. Checks the length first, because each item costs time. */
function itemsOf(name: keyof typeof listCharactersMax, written: string): string[] {
  const charactersMax = listCharactersMax[name];
  if (written.length > charactersMax) {
    const message = `Cannot use the ${name}: expected at most ${charactersMax} characters in one field`;
    throw invalid(name, message);
  }
  return written.split(",").map((item) => item.trim());
}

/** Null when no limit was sent. Throws AsrError `invalid_request` when the format has no cues. */
function readCueLimits(fields: TranscriptionFields): CueLimits | null {
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

/** OpenAI's fields that this server does not support yet. */
const unsupportedFields: ReadonlySet<string> = new Set([
  "chunking_strategy",
  "include",
  "known_speaker_names",
  "known_speaker_references",
  "languages",
]);

/** Whether OpenAI's API has this value, but this server does not support it yet. */
function isUnsupported(name: FieldName, written: string): boolean {
  if (name === "stream") return !/^(false|0)$/i.test(written.trim());
  return name === "response_format" && written === "diarized_json";
}

function isField(name: string): name is FieldName {
  return Object.hasOwn(transcriptionFields.properties, name);
}

/** Whether `wireName` is the field's name or, for an array, the name of an item: `name[]` or `name[0]`. */
function isNameOf(name: FieldName, wireName: string): boolean {
  const { type }: TSchema = transcriptionFields.properties[name];
  return wireName === name || (type === "array" && /^\[\d*\]$/.test(wireName.slice(name.length)));
}

/** Parses and checks the text of a field. Throws AsrError `invalid_request`. */
function check<T extends TSchema>(name: FieldName, schema: T, written: string): Static<T> {
  // Value.Convert would cut the fraction off an integer.
  const value = schema["type"] === "integer" ? Number(written) : Value.Convert(schema, written);
  if (Value.Check(schema, value) && (name !== "language" || languageCode(written) !== null)) {
    return value;
  }
  const shown = JSON.stringify(written.slice(0, 100));
  throw invalid(name, `Cannot use the ${name} ${shown}: expected ${expectation(name, schema)}`);
}

function expectation(name: FieldName, schema: TSchema): string {
  if (name === "language") return 'an ISO 639-1 code such as "en" or its English name';
  if (schema["anyOf"] !== undefined) {
    return `one of ${schema["anyOf"].map((option: TSchema) => option["const"]).join(", ")}`;
  }
  if (schema["type"] === "integer")
    return `a whole number from ${schema["minimum"]} to ${schema["maximum"]}`;
  if (schema["type"] === "number")
    return `a number from ${schema["minimum"]} to ${schema["maximum"]}`;
  if (schema["type"] === "boolean") return "true or false";
  return `text of at most ${schema["maxLength"]} characters`;
}

function invalid(param: string, message: string): AsrError {
  return new AsrError("invalid_request", message, { param });
}

function unsupported(param: string): AsrError {
  const value = param === "response_format" ? ' "diarized_json"' : "";
  const message = `Cannot use ${param}${value}: this server does not support it; leave it out`;
  return new AsrError("unsupported_value", message, { param });
}

function unknownField(wireName: string): AsrError {
  const known = Object.keys(transcriptionFields.properties).join(", ");
  const shown = JSON.stringify(wireName.slice(0, 100));
  return invalid(wireName.slice(0, 100), `Cannot use the field ${shown}: expected file, ${known}`);
}
