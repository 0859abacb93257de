/** Tests the model names of the six backends of the Python server, and of transcribe.cpp. */
import { expect, test } from "bun:test";
import { backendNames, preferredBackend } from "../../../src/models/backends/backend-names.ts";
import { listBackends } from "../../../src/models/backends/index.ts";
import {
  missingEngine,
  missingEngineOf,
  missingEngines,
  namesHere,
} from "../../../src/models/backends/missing-engines.ts";

const none = { nullBackend: false, mlxLibrary: null, vulkanLibrary: null };
const engines = listBackends(none);
const withMlx = listBackends({ ...none, mlxLibrary: "/libasr_mlx.so" });

test("each backend has an engine or is listed as missing", () => {
  const ids = Object.values(backendNames).map(({ id }): string => id);
  for (const present of [engines, withMlx]) {
    const known = [...present, ...missingEngines(present)].map(({ id }) => id);
    expect(known.toSorted()).toEqual(ids.toSorted());
  }
});

test.each([
  ["parakeet-tdt-0.6b-v3", "parakeet-mlx"],
  ["mlx-community/parakeet-tdt-0.6b-v3", "parakeet-mlx"],
  ["whisper-large-v3-turbo", "whisper-mlx"],
  ["mlx-community/whisper-small.en-mlx-4bit", "whisper-mlx"],
  ["lightning-whisper-distil-large-v3", "lightning-whisper-mlx"],
  ["kyutai/stt-1b-en_fr-mlx", "kyutai-mlx"],
])("the model %p belongs to the backend %p", (model, id) => {
  expect(missingEngineOf(model)?.id).toBe(id);
});

// Names are case-sensitive, as in the Python server.
test.each(["small", "openai/whisper-small", "Parakeet-x", "whisper-gigantic", "kyutai/stt-1b"])(
  "the model %p belongs to no missing backend",
  (model) => {
    expect(missingEngineOf(model)).toBeUndefined();
  },
);

test.each([
  ["parakeet", "parakeet-mlx"],
  ["whisper", "whisper-mlx"],
  ["lightning-whisper", "lightning-whisper-mlx"],
  ["kyutai-mlx", "kyutai-mlx"],
  ["whisper-cpp", undefined],
  ["constructor", undefined],
])("the prefix %p selects the missing backend %p", (prefix, id) => {
  expect(missingEngine(prefix)?.id).toBe(id);
});

test.each([
  ["mlx-community/whisper-small", ["small", "openai/whisper-small"]],
  ["mlx-community/whisper-small.en-mlx-4bit", ["small.en", "openai/whisper-small.en"]],
  [
    "mlx-community/whisper-large-v3-turbo-fp16",
    ["large-v3-turbo", "openai/whisper-large-v3-turbo"],
  ],
  ["lightning-whisper-large", ["large-v3", "openai/whisper-large-v3"]],
  ["lightning-whisper-distil-large-v3", ["distil-whisper/distil-large-v3"]],
  ["small", ["small", "openai/whisper-small"]],
  ["parakeet-tdt-0.6b-v3", ["parakeet-tdt-0.6b-v3"]],
  ["mlx-community/parakeet-tdt-0.6b-v2", ["parakeet-tdt-0.6b-v2"]],
  ["parakeet-unknown", []],
])("the model %p has the names %p on this server", (model, names) => {
  expect(namesHere(model)).toEqual(names);
});

test("the platform decides between backends, unless the operator did", () => {
  const mac = { platform: "darwin", arch: "arm64" };
  const linux = { platform: "linux", arch: "x64" };
  const choose = (machine: typeof mac, defaultBackend: string | null = null) =>
    preferredBackend(engines, defaultBackend, machine)?.id;
  expect(choose(mac)).toBe("whisper-cpp");
  expect(choose({ platform: "darwin", arch: "x64" })).toBe("faster-whisper");
  expect(choose(linux)).toBe("faster-whisper");
  expect(choose(linux, "whisper-cpp")).toBe("whisper-cpp");
  expect(choose(mac, "faster-whisper")).toBe("faster-whisper");
  expect(choose(linux, "absent")).toBe("faster-whisper");
  for (const machine of [mac, linux]) {
    const accepting = ["null", "transcribe-cpp", "whisper-cpp"].map((id) => ({ id }));
    expect(preferredBackend(accepting, null, machine)?.id).toBe("whisper-cpp");
    expect(preferredBackend(accepting.slice(0, 2), null, machine)?.id).toBe("transcribe-cpp");
  }
  // A folder for MLX is a model of both of its backends.
  const [plain, lightning] = withMlx.filter(({ library }) => library === "mlx");
  expect(preferredBackend([lightning!, plain!], null, mac)?.id).toBe("whisper-mlx");
  expect(preferredBackend([{ id: "null" }], null, mac)?.id).toBe("null");
  expect(preferredBackend([], null, mac)).toBeUndefined();
});
