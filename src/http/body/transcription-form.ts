/** The form of a transcription request. Each field is checked when it arrives. An unknown or invalid field is rejected by name. */
import { type TSchema, Type } from "@sinclair/typebox";
import { AsrError } from "../../errors.ts";
import type { Granularity, ResponseFormat } from "../../transcript/format.ts";
import type { TranscribeOptions } from "../../ipc/options.ts";
import type { VadPreset } from "../../ipc/vad.ts";
import type { DefaultedOption } from "../../jobs/job.ts";
import { languageExpectedFor, readLanguage } from "../../models/language-choice.ts";
import { expectedValues } from "../expected-values.ts";
import { otherFields, type OtherFields } from "../other-fields.ts";
import { type TranscriptionFields, transcriptionFields } from "../schema.ts";
import { contradiction, invalid, isValueOf, parseField, shown } from "./field-value.ts";
import { VadField } from "./vad-field.ts";

export interface TranscriptionRequest {
  readonly model: string | null;
  readonly format: ResponseFormat;
  readonly granularities: ReadonlySet<Granularity>;
  readonly options: TranscribeOptions;
  /** The options that the request left to the operator's default. */
  readonly leftOut: readonly DefaultedOption[];
}

export class TranscriptionForm {
  /** Checked values by the name of the field, except `vad`. */
  readonly #fields: TranscriptionFields & OtherFields = {};
  readonly #vad = new VadField();

  /** Adds one field. Arrays are sent as `name[]` or `name`, repeated or separated by commas. */
  add(wireName: string, written: string): void {
    const name = wireName.replace(/\[.*$/s, "");
    if (name === "vad") return this.#vad.add(wireName, written);
    const field = fields.get(name);
    if (field === undefined || !isNameOf(name, field, wireName)) throw unknownField(wireName);
    // Some clients send an empty field for an option that the user left out.
    if (written.trim() === "") return;
    if (isLacking(field, written)) throw unsupported(name, field, written);
    const earlier = this.#fields[name as keyof Sent];
    const value = parseField(name, field.schema, written, earlier);
    if (name === "language") checkLanguage(written);
    if (name === "vad_filter") this.#vad.filter(value === true);
    Object.assign(this.#fields, { [name]: value });
  }

  get model(): string | null {
    return this.#fields.model ?? null;
  }

  /** Call after the last field. Checks the rules that involve several fields. */
  finish(vad: VadPreset): TranscriptionRequest {
    const sent = this.#fields;
    const format = sent.response_format ?? "json";
    const granularities = granularitiesOf(sent, format);
    const language = readLanguage(sent.language ?? "")?.code ?? null;
    const isMultilingual = sent.multilingual === true;
    if (isMultilingual && language !== null) {
      const words = "Cannot use multilingual together with language: leave one of them out";
      throw invalid("multilingual", words);
    }
    const prompt = oneOf(sent, "prompt", "initial_prompt") ?? null;
    return {
      model: this.model,
      format,
      granularities,
      options: {
        language,
        multilingual: isMultilingual,
        prompt,
        keywords: oneOf(sent, "keywords", "hotwords") ?? [],
        temperature: sent.temperature ?? 0,
        temperatureFallback: sent.temperature_inc === undefined ? null : sent.temperature_inc > 0,
        words: granularities.has("word"),
        vad: this.#vad.choose(vad),
      },
      leftOut: [
        ...(sent.language === undefined && !isMultilingual ? (["language"] as const) : []),
        ...(prompt === null ? (["prompt"] as const) : []),
      ],
    };
  }
}

/** Names of all fields that carry text. */
export function fieldNames(): string[] {
  return [...fields.keys()];
}

// --- internal ---

interface Field {
  readonly schema: TSchema;
  /** What a value asks for that this server cannot do: any value that does not match the schema, or just `lackingValue`. */
  readonly lacks?: string;
  readonly lackingValue?: string;
  /** The field was never supported, so its name may have any suffix in brackets. */
  readonly hasAnyName?: true;
}

type Sent = Readonly<TranscriptionFields & OtherFields>;

const { stream, response_format, ...plainFields } = transcriptionFields.properties;

/** OpenAI's fields that this server does not support yet. */
const unsupportedFields = [
  "chunking_strategy",
  "include",
  "known_speaker_names",
  "known_speaker_references",
  "languages",
];

/** All fields except `file` and `vad`: the server's own, those of other servers' clients, and the rest of OpenAI's. */
const fields: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...Object.entries<TSchema>(plainFields).map(([name, schema]) => [name, { schema }] as const),
  ["stream", { schema: stream, lacks: "support it" }],
  [
    "response_format",
    { schema: response_format, lacks: "support it", lackingValue: "diarized_json" },
  ],
  ...Object.entries<Field>(otherFields),
  ...unsupportedFields.map(
    (name) => [name, { schema: Type.Never(), lacks: "support it", hasAnyName: true }] as const,
  ),
]);

/** Whether `wireName` is the field's name or, for an array, the name of an item: `name[]` or `name[0]`. */
function isNameOf(name: string, { schema, hasAnyName }: Field, wireName: string): boolean {
  if (wireName === name || hasAnyName === true) return true;
  return schema["type"] === "array" && /^\[\d*\]$/.test(wireName.slice(name.length));
}

function isLacking({ schema, lacks, lackingValue }: Field, written: string): boolean {
  if (lacks === undefined) return false;
  return lackingValue === undefined ? !isValueOf(schema, written.trim()) : written === lackingValue;
}

function checkLanguage(written: string): void {
  if (readLanguage(written) !== undefined) return;
  const expected = languageExpectedFor(written);
  throw invalid("language", `Cannot use the language ${shown(written)}: expected ${expected}`);
}

/** The value of a field that has two names. */
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

/** Formats other than verbose_json have the times of segments or none, so "segment" changes nothing there. */
function granularitiesOf(sent: Sent, format: ResponseFormat): ReadonlySet<Granularity> {
  const { timestamp_granularities: asked, word_timestamps: hasWords } = sent;
  if (asked !== undefined && hasWords !== undefined && asked.includes("word") !== hasWords) {
    throw contradiction("word_timestamps", "timestamp_granularities");
  }
  const granularities = new Set(asked ?? (["segment"] as const));
  if (hasWords === true) granularities.add("word");
  if (granularities.has("word") && format !== "verbose_json") {
    const name = asked === undefined ? "word_timestamps" : "timestamp_granularities";
    const words = `Cannot use ${name} with word times: they require response_format "verbose_json"`;
    throw invalid(name, words);
  }
  return granularities;
}

function unsupported(name: string, { schema, lacks }: Field, written: string): AsrError {
  const values = expectedValues(schema);
  const instead = values === "" ? "leave it out" : `send ${values}, or leave it out`;
  const words = `Cannot use ${name} ${shown(written)}: this server does not ${lacks}; ${instead}`;
  return new AsrError("unsupported_value", words, { param: name });
}

function unknownField(wireName: string): AsrError {
  const words = `Cannot use the field ${shown(wireName)}: expected file, ${Object.keys(transcriptionFields.properties).join(", ")}`;
  return invalid(wireName.slice(0, 100), words);
}
