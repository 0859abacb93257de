/** Tests where the Kyutai models for MLX are on the hub. */
import { expect, test } from "bun:test";
import { kyutaiMlx } from "../../../src/models/backends/kyutai-mlx.ts";
import { mlxBackends } from "../../../src/models/backends/mlx.ts";
import { missingEngines } from "../../../src/models/backends/missing-engines.ts";

test("a published model is a repository with a known size", () => {
  for (const name of kyutaiMlx.publishedModels) {
    expect(kyutaiMlx.remote(name)).toMatchObject({
      repository: name,
      isPublished: true,
      folder: name.slice("kyutai/".length),
      bytes: expect.any(Number),
      translates: false,
    });
  }
});

test("a name with an organization is a repository, and other names are none", () => {
  expect(kyutaiMlx.repositories("someone/stt-1b-mlx")).toEqual(["someone/stt-1b-mlx"]);
  expect(kyutaiMlx.remote("someone/stt-1b-mlx")).toMatchObject({ isPublished: false, bytes: null });
  for (const name of ["stt-1b", "../stt-1b", "a/b/c"]) {
    expect(kyutaiMlx.repositories(name)).toEqual([]);
    expect(kyutaiMlx.remote(name)).toBeNull();
  }
});

test("the backend exists where there is a library of MLX", () => {
  expect(mlxBackends({ mlxLibrary: "/libasr_mlx.so" }).map(({ id }) => id)).toContain("kyutai-mlx");
  const missing = missingEngines([]).find(({ id }) => id === "kyutai-mlx");
  expect(missing?.reason).toContain("only the executable for Macs contains");
});
