/**
 * Parses the field `chunking_strategy`. Its value is "auto" or an object. OpenAI's clients send the object as separate
 * fields such as `chunking_strategy[type]`; other clients send it as JSON.
 */
import { Value } from "@sinclair/typebox/value";
import type { Static } from "@sinclair/typebox";
import { chooseVad, type VadOptions, type VadPreset } from "../../ipc/vad.ts";
import { expectedValues } from "../expected-values.ts";
import { serverVad } from "../schema.ts";
import { invalid, parseField, shown } from "./field-value.ts";
import type { VadField } from "./vad-field.ts";

export class ChunkingField {
  #whole: "auto" | Members | null = null;
  /** Members of the object that the client sent as separate fields, by name. */
  readonly #members: Record<string, unknown> = {};

  /** Whether the form contains the field or one of its members. */
  get isSent(): boolean {
    return this.#whole !== null || Object.keys(this.#members).length > 0;
  }

  /**
   * Adds the field or one of its members. An empty value is ignored. If the value of the field itself is "null", it is
   * also ignored.
   */
  add(wireName: string, written: string): void {
    const text = written.trim();
    if (wireName === name) {
      if (text === "" || text === "null") return;
      if (this.isSent)
        throw invalid(name, `Cannot use the field "${name}": it was sent more than once`);
      this.#whole = text === "auto" ? text : checked(parseJson(text), text);
      return;
    }
    const member = /^chunking_strategy\[(\w+)\]$/.exec(wireName)?.[1] ?? "";
    const schema = Object.hasOwn(properties, member)
      ? properties[member as keyof Members]
      : undefined;
    if (schema === undefined) throw invalid(wireName.slice(0, 100), unknownMember(wireName));
    if (text === "") return;
    if (this.#whole !== null)
      throw invalid(name, `Cannot use the field "${name}": it was sent more than once`);
    this.#members[member] = parseField(`${name}.${member}`, schema, text, this.#members[member]);
  }

  /** Returns the options of the job. Throws AsrError when the form also contains the field `vad`. */
  choose(preset: VadPreset, vad: VadField): VadOptions | null {
    if (vad.isSent) throw invalid(name, `Cannot use ${name} together with vad: send one of them`);
    if (this.#whole === "auto") return chooseVad(preset, true);
    const members = this.#whole ?? checked(this.#members, JSON.stringify(this.#members));
    const { threshold, prefix_padding_ms: padMs, silence_duration_ms: silenceMs } = members;
    return chooseVad(preset, {
      ...(threshold === undefined ? {} : { threshold }),
      ...(padMs === undefined ? {} : { speechPadMs: padMs }),
      // The silence is at least as long as in the preset of the server. With a shorter silence, the audio would be cut
      // into chunks that are too short for the model.
      minSilenceMs: Math.max(preset.options.minSilenceMs, silenceMs ?? 0),
    });
  }
}

// --- internal ---

type Members = Static<typeof serverVad>;

const name = "chunking_strategy";
const { properties } = serverVad;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Returns the value if it matches the schema. Otherwise throws AsrError with the name of the first invalid member. */
function checked(value: unknown, written: string): Members {
  if (Value.Check(serverVad, value)) return value;
  const [fault] = Value.Errors(serverVad, value);
  const member = fault?.path.slice(1) ?? "";
  const schema = Object.hasOwn(properties, member)
    ? properties[member as keyof Members]
    : undefined;
  if (schema === undefined) {
    const expected =
      'auto or {"type":"server_vad"} with prefix_padding_ms, silence_duration_ms and threshold';
    throw invalid(name, `Cannot use the ${name} ${shown(written)}: expected ${expected}`);
  }
  const message = `Cannot use the ${name} ${shown(written)}: expected ${member} to be ${expectedValues(schema)}`;
  throw invalid(`${name}.${member}`, message);
}

function unknownMember(wireName: string): string {
  const known = Object.keys(properties).map((member) => `${name}[${member}]`);
  return `Cannot use the field ${shown(wireName)}: expected ${name}, ${known.join(", ")}`;
}
