/**
 * Parses the field `vad`, which is an extension of this server. Its value is on, off, or a JSON object. Some clients
 * send the object as separate fields, for example `vad[threshold]`.
 */
import type { TInteger, TNumber } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { AsrError } from "../../errors.ts";
import {
  chooseVad,
  thresholdsInverted,
  type VadOptionName,
  vadOptionNames,
  type VadOptions,
  type VadPreset,
  type VadOverride,
} from "../../ipc/vad.ts";
import { vadFields } from "../schema.ts";
import { snakeCase } from "../../settings/vad.ts";
import { contradiction, invalid, parseBoolean, shown } from "./field-value.ts";

export class VadField {
  #override: VadOverride | null = null;
  /** Value of the field `vad_filter`. Null when the field was not sent. */
  #filter: boolean | null = null;
  /** Members of the object that arrived as separate fields such as `vad[threshold]`. */
  readonly #members: Partial<Record<keyof VadOptions, number>> = {};

  /** Adds the field `vad` or `vad[member]`. A field with an empty value is ignored. */
  add(wireName: string, written: string): void {
    const text = written.trim();
    const member = wireName.slice("vad[".length).replace(/\]$/, "");
    if (wireName === "vad") {
      if (text === "") return;
      if (this.#override !== null) throw sentAgain("vad");
      this.#override = parseOverride(text);
    } else {
      const name = optionNamed(member);
      if (text === "") return;
      if (this.#members[name] !== undefined) throw sentAgain(`vad.${member}`);
      this.#members[name] = checkMember(member, Value.Convert(schemaOf(member), text), text);
    }
  }

  /** Whether the field `vad` or `vad_filter` was sent. */
  get isSent(): boolean {
    const hasMembers = Object.keys(this.#members).length > 0;
    return hasMembers || this.#override !== null || this.#filter !== null;
  }

  /**
   * Adds the field `vad_filter`. Other servers use this name for a field that means the same as `vad` with the value on
   * or off.
   */
  filter(isOn: boolean): void {
    this.#filter = isOn;
  }

  /**
   * Returns the voice activity detection options of the job. Null when the detection is off. Call this after the last
   * field.
   */
  choose(preset: VadPreset): VadOptions | null {
    const hasMembers = Object.keys(this.#members).length > 0;
    if (hasMembers && this.#override !== null) throw sentAgain("vad");
    const override = hasMembers ? this.#members : this.#override;
    // If the value of `vad` is an object, the detection is on. Such a value contradicts `vad_filter` with the value
    // false.
    const differs = override !== null && (override !== false) !== this.#filter;
    if (this.#filter !== null && differs) throw contradiction("vad_filter", "vad");
    const chosen = chooseVad(preset, override ?? this.#filter);
    if (chosen !== null && thresholdsInverted(chosen)) {
      throw invalid(
        "vad.neg_threshold",
        `Cannot use the vad.neg_threshold ${chosen.negThreshold}: expected at most the ` +
          `threshold (${chosen.threshold})`,
      );
    }
    return chosen;
  }
}

// --- internal ---

/** Maps the member names of the field to option names, for example `min_speech_ms` to `minSpeechMs`. */
const optionOf: ReadonlyMap<string, VadOptionName> = new Map(
  vadOptionNames.map((name) => [snakeCase(name), name]),
);

function parseOverride(text: string): VadOverride {
  const isOn = parseBoolean(text);
  if (isOn !== null) return isOn;
  const value = parseJson(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const expected = 'on, off or a JSON object such as {"threshold":0.6,"min_silence_ms":500}';
    throw invalid("vad", `Cannot use the vad ${shown(text)}: expected ${expected}`);
  }
  const options: Partial<Record<keyof VadOptions, number>> = {};
  for (const [member, given] of Object.entries(value)) {
    options[optionNamed(member)] = checkMember(member, given, JSON.stringify(given));
  }
  return options;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function optionNamed(member: string): VadOptionName {
  const name = optionOf.get(member);
  if (name === undefined) throw unknownMember(member);
  return name;
}

function schemaOf(member: string): TNumber | TInteger {
  return vadFields.properties[member] as TNumber | TInteger;
}

function checkMember(member: string, value: unknown, written: string): number {
  const schema = schemaOf(member);
  if (Value.Check(schema, value)) return value;
  const kind = schema.type === "integer" ? "a whole number" : "a number";
  const expected = `${kind} from ${schema.minimum} to ${schema.maximum}`;
  throw invalid(
    `vad.${member}`,
    `Cannot use the vad.${member} ${shown(written)}: expected ${expected}`,
  );
}

function unknownMember(member: string): AsrError {
  const known = [...optionOf.keys()].join(", ");
  const name = member.slice(0, 100);
  return invalid(`vad.${name}`, `Cannot use the vad member ${shown(name)}: expected ${known}`);
}

function sentAgain(name: string): AsrError {
  return invalid(name, `Cannot use the field "${name}": it was sent more than once`);
}
