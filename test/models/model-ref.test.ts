import { expect, test } from "bun:test";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { formatModelRef, parseModelRef } from "../../src/models/model-ref.ts";

test.each([
  ["base", null, "base"],
  [" base ", null, "base"],
  ["whisper-cpp:base", "whisper-cpp", "base"],
  ["openai/whisper-base", null, "openai/whisper-base"],
  ["mlx:mlx-community/whisper-tiny", "mlx", "mlx-community/whisper-tiny"],
  ["whisper-cpp:", "whisper-cpp", ""],
  [":base", "", "base"],
  ["a:b:c", "a", "b:c"],
  ["v1.5", null, "v1.5"],
])("%p is parsed as a name", (written, backend, name) => {
  expect(parseModelRef(written)).toEqual({ backend, name, isPath: false });
});

test.each([
  ["/models/ggml-small.bin", null, "/models/ggml-small.bin"],
  ["/models/with:colon.bin", null, "/models/with:colon.bin"],
  ["/models/../etc//passwd", null, "/etc/passwd"],
  ["whisper-cpp:/models/a", "whisper-cpp", "/models/a"],
  ["./a", null, resolve("a")],
  ["../a", null, resolve("../a")],
  ["ggml-small.bin", null, resolve("ggml-small.bin")],
  ["whisper-cpp:ggml-small.bin", "whisper-cpp", resolve("ggml-small.bin")],
  ["~/a", null, join(homedir(), "a")],
])("%p is parsed as a path", (written, backend, name) => {
  expect(parseModelRef(written)).toEqual({ backend, name, isPath: true });
});

test.each(["C:\\models\\a.bin", "d:/models/a"])(
  "%p is a path: a drive letter is not a backend",
  (written) => {
    expect(parseModelRef(written)).toMatchObject({ backend: null, isPath: true });
  },
);

test.each(["base", "whisper-cpp:base", "whisper-cpp:/models/a.bin"])(
  "%p is formatted unchanged after it was parsed",
  (written) => {
    expect(formatModelRef(parseModelRef(written))).toBe(written);
  },
);
