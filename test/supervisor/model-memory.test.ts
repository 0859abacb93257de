/**
 * Tests that a model is loaded only if the memory is enough for this model and for the models that are already loaded.
 */
import { expect, test } from "bun:test";
import { AsrError } from "../../src/errors.ts";
import { type ModelMemory, requireMemory } from "../../src/supervisor/model-memory.ts";

const fits: ModelMemory = { name: "small", weightsBytes: 40e6, loadedBytes: 60e6, bytesMax: 100e6 };

test("a model may be loaded if there is enough memory in addition to the loaded models", () => {
  expect(() => requireMemory(fits)).not.toThrow();
});

test("a model that does not fit now gets server_busy with Retry-After and the numbers of bytes", () => {
  const failure = failureOf({ ...fits, loadedBytes: 61e6 });
  expect(failure).toMatchObject({ code: "server_busy", retryAfterS: 60 });
  const numbers = /"small": it needs at least 40 MB.*use 61 MB.*may use 100 MB/;
  expect(failure.message).toMatch(numbers);
  expect(failure.message).toContain("OPEN_ASR_SERVER_MODELS_MEMORY_BYTES");
});

test("a model that could never fit gets out_of_memory, without a retry", () => {
  const failure = failureOf({ ...fits, weightsBytes: 101e6 });
  expect(failure).toMatchObject({ code: "out_of_memory", kind: { status: 503, retry: false } });
});

// --- internal ---

function failureOf(memory: ModelMemory): AsrError {
  try {
    requireMemory(memory);
  } catch (error) {
    if (error instanceof AsrError) return error;
  }
  throw new Error("Expected an AsrError");
}
