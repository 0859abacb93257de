/** Tests that Catalog.resolve() finds the model inside the executable. */
import { expect, test } from "bun:test";
import { whisperCpp } from "../../src/models/backends/whisper-cpp.ts";
import { openCatalog } from "./open-catalog.ts";

const catalogOf = (defaultBackend: string | null) =>
  openCatalog({
    backends: [whisperCpp, { ...whisperCpp, id: "other" }],
    defaultBackend,
    starterBackend: () => Promise.resolve("other"),
  });

test.each([
  ["base", null, "base on other"],
  ["whisper-1", null, "base on other"],
  ["other:base", null, "base on other"],
  ["whisper-cpp:base", null, "whisper-cpp:base on whisper-cpp"],
  ["base", "whisper-cpp", "base on whisper-cpp"],
  ["other:base", "whisper-cpp", "other:base on other"],
])("%p with the default backend %p is %p", async (name, defaultBackend, expected) => {
  const { id, backend } = await catalogOf(defaultBackend).resolve(name, "client");
  expect(`${id} on ${backend}`).toBe(expected);
});
