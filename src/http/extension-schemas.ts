/** Creates the schemas of the fields that OpenAI's API does not have. */
import { Type } from "@sinclair/typebox";
import { type VadOptionName, vadOptions } from "../ipc/vad.ts";
import { type CueLimits, cueLimits } from "../transcript/cue-limits.ts";

/** Marks a field, or a member of a field, that OpenAI's API does not have. */
export function extension(description: string) {
  return { "x-extension": true, description: `Extension of this server: ${description}` };
}

export function vadField(name: VadOptionName) {
  const { type, min, max, help, ...option } = vadOptions[name];
  const description = "derived" in option ? `${help}. Default: ${option.derived}.` : `${help}.`;
  const schema = { minimum: min, maximum: max, description };
  return type === "integer" ? Type.Integer(schema) : Type.Number(schema);
}

export function cueLimit(name: keyof CueLimits) {
  const { type, min, max, fallback, help } = cueLimits[name];
  const schema = {
    minimum: min,
    maximum: max,
    ...extension(
      `for srt and vtt: ${lowerFirst(help)}. Without any of these limits each segment is one cue. ` +
        `Default when another limit is sent: ${fallback}.`,
    ),
  };
  return type === "integer" ? Type.Integer(schema) : Type.Number(schema);
}

// --- internal ---

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
