// Checks an engine library that was built on this machine. For each platform, CTranslate2's library must export all
// symbols that the engine library needs (see check_symbols.py).

import { join } from "node:path";
import { fetchOriginalLibrary } from "./ctranslate2.ts";
import { fetchPinned } from "./fetch.ts";
import { stagedLibraries } from "./native.ts";
import { BuildError, findPython, runTool } from "./packages.mjs";
import { findTarget, targets } from "./targets.ts";

/** Prefix of CTranslate2's mangled C++ names on Linux. */
const namespace = "11ctranslate2";

/**
 * Prints the result for each library. Throws if a symbol is missing. The engine libraries must have been built before.
 */
export async function checkSymbols(): Promise<void> {
  const here = findTarget();
  if (here.os !== "linux") {
    throw new BuildError(
      "Cannot check symbols on this platform: the check needs an engine library built for Linux",
    );
  }
  const engine = stagedLibraries(here, false).find(({ name }) => name === "ctranslate2");
  const libraries = [];
  for (const target of targets) libraries.push(await fetchOriginalLibrary(target));
  const script = join(import.meta.dirname, "check_symbols.py");
  const readers = `PYTHONPATH=${await fetchPinned("symbol-readers")}`;
  const command = [
    "env",
    readers,
    findPython() ?? "python3",
    script,
    namespace,
    engine?.path ?? "",
  ];
  console.log(runTool([...command, ...libraries], { failure: "Symbols are missing" }).trimEnd());
}
