// Reads and writes lists of the symbols of a library for macOS. With such a list (.tbd), a linker links other libraries
// without the library itself. The symbols here are without the underscore at their start.

/** Returns the text of a list. `installName` is the path that the linked libraries store. */
export function tbdText(installName: string, symbols: readonly string[]): string {
  return [
    "--- !tapi-tbd",
    "tbd-version: 4",
    "targets: [ arm64-macos ]",
    `install-name: '${installName}'`,
    "exports:",
    "  - targets: [ arm64-macos ]",
    `    symbols: [ ${symbols.map((symbol) => `'_${symbol}'`).join(", ")} ]`,
    "...",
    "",
  ].join("\n");
}

/** Returns the symbols of a list. */
export function symbolsOfTbd(text: string): ReadonlySet<string> {
  const lists = [...text.matchAll(/^\s+(?:weak-|thread-local-)?symbols: +\[([^\]]*)\]/gm)];
  const names = lists.flatMap(([, list = ""]) => list.split(",").map((name) => name.trim()));
  return new Set(names.map((name) => name.replaceAll(/^'|'$/g, "").replace(/^_/, "")));
}
