/** The engine library for MLX. On Linux, the build makes it for the tests, and the executable does not contain it. */

export const mlxLibrary = new URL(
  `../../.build/embed/${process.platform}-${process.arch}/any/mlx/libasr_mlx.${process.platform === "darwin" ? "dylib" : "so"}`,
  import.meta.url,
).pathname;
