/** Defines the settings of voice activity detection, one for each option of src/ipc/vad.ts. */
import { type VadOptionName, vadOptionNames, type VadOptions, vadOptions } from "../ipc/vad.ts";
import { transcribing, type Setting, setting } from "./setting.ts";
import { decimal, integerWithin, onOff } from "./value.ts";

type OptionSettings = {
  readonly [Name in VadOptionName as `vad${Capitalize<Name>}`]: Setting<VadOptions[Name]>;
};

export const vadSettings = {
  vad: setting<boolean>({
    variable: "OPEN_ASR_VAD",
    flag: "vad",
    commands: transcribing,
    fallback: true,
    fallbackText: "on",
    value: onOff(),
    help: "Send only speech to the model, not silence and noise (voice activity detection)",
  }),
  ...(Object.fromEntries(
    vadOptionNames.map((name) => [vadSettingName(name), optionSetting(name)]),
  ) as unknown as OptionSettings),
} as const;

/** Returns the name of the setting for an option of voice activity detection. */
export function vadSettingName<Name extends VadOptionName>(name: Name): `vad${Capitalize<Name>}` {
  return `vad${name[0]!.toUpperCase()}${name.slice(1)}` as `vad${Capitalize<Name>}`;
}

/**
 * Returns the name that an option has in requests and in environment variables, in snake_case: `min_speech_ms` for
 * `minSpeechMs`.
 */
export function snakeCase(name: VadOptionName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

// --- internal ---

function optionSetting(name: VadOptionName): Setting<number | null> {
  const option = vadOptions[name];
  const range = { min: option.min, max: option.max };
  return setting<number | null>({
    variable: `OPEN_ASR_VAD_${snakeCase(name).toUpperCase()}`,
    flag: `vad-${snakeCase(name).replaceAll("_", "-")}`,
    commands: transcribing,
    fallback: option.fallback,
    ...("derived" in option ? { fallbackText: option.derived } : {}),
    value: option.type === "integer" ? integerWithin(range) : decimal(range),
    help: option.help,
  });
}
