/** Creates the schemas of the fields that OpenAI's API does not have. */
import { Type } from "@sinclair/typebox";
import { channelMax, channelNames, eachChannelMax } from "../ipc/options.ts";
import { type VadOptionName, vadOptions } from "../ipc/vad.ts";
import { type CueLimits, cueLimits } from "../transcript/cue-limits.ts";

/** Marks a field, or a member of a field, that OpenAI's API does not have. */
export function extension(description: string) {
  return { "x-extension": true, description: `Extension of this server: ${description}` };
}

export const channelField = Type.Union(
  [
    ...(Object.keys(channelNames) as (keyof typeof channelNames)[]).map((name) =>
      Type.Literal(name),
    ),
    Type.Integer({ minimum: 1, maximum: channelMax }),
  ],
  {
    default: "mix",
    ...extension(
      "number of the channel to transcribe, from 1. left and right are 1 and 2. mix: all channels mixed. each: " +
        `every channel on its own, at most ${eachChannelMax}; the text names the channel of each speaker.`,
    ),
  },
);

/** Number of the channel in results. */
export const channelNumber = Type.Optional(
  Type.Integer(extension("number of the channel, from 1; only for channel=each")),
);

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
