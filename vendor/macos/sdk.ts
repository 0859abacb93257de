// What a build for macOS on another system uses in place of Apple's SDK: lists of the symbols of macOS's libraries, and
// ggml's libraries with Metal. Both come from libraries that others have built with the SDK.

import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchOriginalLibrary } from "../ctranslate2.ts";
import { fetchPinned } from "../fetch.ts";
import { fetchMlx } from "../mlx.ts";
import { isThisMachine, type Target } from "../targets.ts";
import { readMachO } from "./macho.ts";
import { tbdText } from "./tbd.ts";

/**
 * Returns the names of ggml's libraries, which must be in the same folder as the engine library for transcribe.cpp. Empty
 * if the engine library contains ggml.
 */
export function ggmlFiles(target: Target): readonly string[] {
  const isSeparate = target.os === "darwin" && !isThisMachine(target);
  return isSeparate ? ["ggml", "ggml-base", "ggml-cpu", "ggml-metal"].map(libraryFile) : [];
}

/** Fetches ggml's libraries of the same version of transcribe.cpp. Returns their folder. */
export async function fetchGgml(target: Target): Promise<string> {
  const folder = await fetchPinned("transcribe.cpp-macos", target.name);
  return join(folder, "transcribe_cpp_native", "_native");
}

export interface MacosSdk {
  /** Path of the list of symbols of the C++ library. */
  readonly cxx: string;
  /** Folder of the frameworks. */
  readonly frameworks: string;
}

/**
 * Writes the replacement of the SDK into a folder. The lists contain the symbols that the libraries of CTranslate2, MLX and
 * transcribe.cpp use, and `furtherSymbols`.
 */
export async function writeSdk(target: Target, folder: string): Promise<MacosSdk> {
  const ggml = await fetchGgml(target);
  const { folderOf } = await fetchMlx(target);
  const users = [
    await fetchOriginalLibrary(target),
    join(folderOf(libraryFile("mlx"), ""), libraryFile("mlx")),
    ...[...ggmlFiles(target), libraryFile("transcribe")].map((file) => join(ggml, file)),
  ];
  const symbols = new Map([
    [cxxLibrary, new Set(furtherSymbols)],
    [accelerate, new Set<string>()],
  ]);
  for (const user of users) {
    for (const { symbol, library } of readMachO(await readFile(user)).imports)
      symbols.get(library)?.add(symbol);
  }
  const frameworks = join(folder, "frameworks");
  const framework = join(frameworks, "Accelerate.framework");
  await mkdir(join(framework, "Headers"), { recursive: true });
  await copyFile(
    join(import.meta.dirname, "Accelerate.h"),
    join(framework, "Headers", "Accelerate.h"),
  );
  const cxx = join(folder, "libc++.tbd");
  for (const [library, path] of [
    [cxxLibrary, cxx],
    [accelerate, join(framework, "Accelerate.tbd")],
  ] as const)
    await writeFile(path, tbdText(library, [...(symbols.get(library) ?? [])]));
  return { cxx, frameworks };
}

// --- internal ---

const cxxLibrary = "/usr/lib/libc++.1.dylib";
const accelerate = "/System/Library/Frameworks/Accelerate.framework/Versions/A/Accelerate";

/** Further symbols of the C++ library, which it has had since macOS 10.15 or longer. */
const furtherSymbols = [
  // std::istream >> long long
  "_ZNSt3__113basic_istreamIcNS_11char_traitsIcEEErsERx",
  // std::ifstream::open()
  "_ZNSt3__114basic_ifstreamIcNS_11char_traitsIcEEE4openEPKcj",
  // std::filesystem::file_size()
  "_ZNSt3__14__fs10filesystem11__file_sizeERKNS1_4pathEPNS_10error_codeE",
  // std::sort() of floats
  "_ZNSt3__16__sortIRNS_6__lessIffEEPfEEvT0_S5_T_",
  // std::istringstream
  "_ZTTNSt3__119basic_istringstreamIcNS_11char_traitsIcEENS_9allocatorIcEEEE",
  "_ZTVNSt3__119basic_istringstreamIcNS_11char_traitsIcEENS_9allocatorIcEEEE",
  // copies of std::runtime_error
  "_ZNSt13runtime_errorC2ERKS_",
  // std::stoll()
  "_ZNSt3__15stollERKNS_12basic_stringIcNS_11char_traitsIcEENS_9allocatorIcEEEEPmi",
  // std::to_string(double)
  "_ZNSt3__19to_stringEd",
  // std::to_string(unsigned long long)
  "_ZNSt3__19to_stringEy",
  // operator delete with a size
  "_ZdlPvm",
];

function libraryFile(name: string): string {
  return `lib${name}.dylib`;
}
