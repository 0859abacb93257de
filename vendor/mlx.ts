// Fetches MLX's library and headers for each platform from its Python wheel, and the other parts that its engine library
// needs.

import { join } from "node:path";
import { fetchPinned } from "./fetch.ts";
import type { Target } from "./targets.ts";

export interface Mlx {
  /** CMake flags with the paths of the parts. */
  readonly configure: readonly string[];
  /** Returns the folder that contains one of `mlxFiles`. `built` is the folder into which CMake builds libraries. */
  readonly folderOf: (file: string, built: string) => string;
}

/** Returns whether MLX has a library for a platform. It has none for Windows. */
export function buildsMlx(target: Target): boolean {
  return mlxFiles(target).length > 0;
}

/**
 * Returns whether the executable embeds the MLX engine. On Linux, it does not: there it has no GPU, and the other engines
 * are faster and need less memory. Tests use the library in the build folder.
 */
export function embedsMlx({ os }: Target): boolean {
  return os === "darwin";
}

/** Returns the names of the files that must be in the same folder as the engine library. */
export function mlxFiles({ name }: Target): readonly string[] {
  return files[name] ?? [];
}

export async function fetchMlx(target: Target): Promise<Mlx> {
  const root = join(await fetchPinned("mlx", target.name), "mlx");
  const tokens = join(await fetchPinned("whisper-tokens"), "mlx_whisper", "assets");
  const configure = [`-DMLX_ROOT=${root}`, `-DWHISPER_TOKENS_DIR=${tokens}`];
  const library = join(root, "lib");
  if (target.os === "darwin") return { configure, folderOf: () => library };
  const openblas = join(await fetchPinned("openblas", target.name), "scipy_openblas32", "lib");
  return {
    configure: [...configure, `-DOPENBLAS_LIBRARY=${join(openblas, openblasFile)}`],
    folderOf: (file, built) =>
      file === openblasFile ? openblas : file === "libmlx.so" ? library : built,
  };
}

// --- internal ---

const openblasFile = "libscipy_openblas.so";

/**
 * On Linux, MLX's library asks for BLAS and LAPACK by these names. The build makes libraries with these names, which
 * forward to OpenBLAS (ffi/mlx/blas.c).
 */
const files: Readonly<Record<string, readonly string[]>> = {
  "linux-x64": [
    "libmlx.so",
    openblasFile,
    "libblas-bd8a282c.so.3.10.0",
    "liblapack-86b2c207.so.3.10.0",
  ],
  "linux-arm64": [
    "libmlx.so",
    openblasFile,
    "libblas-87cf96dc.so.3.10.0",
    "liblapack-a87cd5b5.so.3.10.0",
  ],
  "darwin-arm64": ["libmlx.dylib", "mlx.metallib"],
};
