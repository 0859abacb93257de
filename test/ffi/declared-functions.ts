/** Reads the functions that every engine library exports. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../vendor/packages.mjs";

/** Returns the names of the functions of ffi/asr.h. */
export function declaredFunctions(): readonly string[] {
  const header = readFileSync(join(repository, "ffi/asr.h"), "utf8");
  const names = [...header.matchAll(/^ASR_API [^(]*?(asr_\w+)\(/gmu)].map(([, name = ""]) => name);
  if (names.length <= 15) throw new Error("asr.h has another format");
  return names;
}
