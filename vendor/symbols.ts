// Checks that the libraries of all platforms have what a shim built on this one needs of them (check_symbols.py says how).

import { join } from "node:path";
import { fetchOriginalLibrary } from "./ctranslate2.ts";
import { fetchPinned } from "./fetch.ts";
import { stagedLibraries } from "./native.ts";
import { BuildError, findPython, runTool } from "./packages.mjs";
import { findTarget, targets } from "./targets.ts";

/** How the names of CTranslate2 begin inside C++'s names on Linux. */
const namespace = "11ctranslate2";

/** Prints what was found where; throws when anything is missing. The shims must have been built. */
export async function checkSymbols(): Promise<void> {
  const here = findTarget();
  if (here.os !== "linux") {
    throw new BuildError(
      "Cannot check symbols: a shim built for Linux is what the others are compared with",
    );
  }
  const shim = stagedLibraries(here, false).find(({ name }) => name === "ctranslate2");
  const libraries = [];
  for (const target of targets) libraries.push(await fetchOriginalLibrary(target));
  const script = join(import.meta.dirname, "check_symbols.py");
  const readers = `PYTHONPATH=${await fetchPinned("symbol-readers")}`;
  const command = ["env", readers, findPython() ?? "python3", script, namespace, shim?.path ?? ""];
  console.log(runTool([...command, ...libraries], { failure: "Symbols are missing" }).trimEnd());
}
