/** Names the APIs of other servers whose routes this server has, for the setting that selects them. */
import { list, type Value } from "./value.ts";

export const compatibleApiNames = ["whisper.cpp", "deepgram", "azure", "whisper-asr"] as const;

export type CompatibleApiName = (typeof compatibleApiNames)[number];

/** The type for a list of these names. The value `none` means an empty list. */
export function compatibleApiList(): Value<readonly CompatibleApiName[]> {
  const options: readonly string[] = [...compatibleApiNames, none];
  const texts = list("NAME,...", "", (name) => options.includes(name));
  const selected = (names: readonly string[] | undefined) =>
    names === undefined || (names.includes(none) && names.length > 1)
      ? undefined
      : compatibleApiNames.filter((name) => names.includes(name));
  return {
    ...texts,
    options,
    expected: `a comma-separated list of ${compatibleApiNames.join(", ")}; or none`,
    read: (written) => selected(texts.read(written)),
    readItems: (written, folder) => selected(texts.readItems?.(written, folder)),
  };
}

// --- internal ---

const none = "none";
