/**
 * Tests transcribe.cpp with Vulkan through the executable. The "GPU" is Mesa's driver lavapipe, which computes on the CPU, so
 * the tests need many minutes and prove nothing about real GPUs. `npm run build -- vulkan` makes the library.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { countWordErrors, normalisedWords } from "../../src/transcript/word-errors.ts";
import { isFull } from "../full.ts";
import { parakeetFile, smallShape } from "../gguf/parakeet.ts";
import { executable, openScratch, repository } from "./executable.ts";
import { formOf, startServer } from "./server.ts";

// The time limit only ends a run that hangs.
setDefaultTimeout(1_800_000);

const library = join(
  repository,
  ".build/embed",
  `${process.platform}-${process.arch}`,
  "vulkan-native/libasr_transcribe_cpp.so",
);
const driver = "/usr/share/vulkan/icd.d/lvp_icd.x86_64.json";
const missing = [library, driver].filter((path) => !existsSync(path));
if (isFull && missing.length > 0) console.warn(`Skipped, because of ${missing.join(" and ")}`);

const whisper = `transcribe-cpp:${join(repository, ".build/models/ggml-tiny.en-q8_0.bin")}`;
const parakeet = "parakeet-random";
const clip = join(repository, "test/audio/jfk.flac");
const file = (): File => new File([readFileSync(clip)], "jfk.flac");

/** Environment in which ggml finds lavapipe. Without the second variable, it ignores devices that are CPUs. */
const lavapipe = { VK_DRIVER_FILES: driver, GGML_VK_VISIBLE_DEVICES: "0" };

const withLibrary = { OPEN_ASR_SERVER_VULKAN_LIBRARY: library };

describe.skipIf(!isFull || missing.length > 0)("transcribe.cpp with Vulkan", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "open-asr-vulkan-"));
    writeFileSync(join(folder, `${parakeet}.gguf`), parakeetFile(smallShape));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const start = (device: string, environment: Readonly<Record<string, string>>) =>
    startServer({
      environment: { ...withLibrary, ...environment },
      flags: ["--model-dir", folder, "--model", whisper, "--device", device],
    });

  async function transcribe(server: Awaited<ReturnType<typeof start>>, model: string) {
    const response = await server.post(formOf({ file: file(), model }));
    expect(response.status).toBe(200);
    return ((await response.json()) as { text: string }).text;
  }

  test("a GPU returns the text of the CPU", async () => {
    await using onCpu = await start("cpu", lavapipe);
    await using onGpu = await start("gpu", lavapipe);
    expect(onGpu.log()).not.toContain("the GPU does not work");
    const said = await transcribe(onGpu, whisper);
    expect(said).toMatch(/ask not what your country can do for you/iu);
    expect(normalisedWords(said)).toEqual(normalisedWords(await transcribe(onCpu, whisper)));
    // A random model is sensitive to rounding, so a part of its tokens may differ.
    const random = await transcribe(onCpu, parakeet);
    const { wrong, words } = countWordErrors(random, await transcribe(onGpu, parakeet));
    expect(wrong).toBeLessThan(words / 4);
  });

  test("without a GPU, auto uses the CPU with a warning, and gpu is an error", async () => {
    const none = { ...lavapipe, VK_DRIVER_FILES: "/none.json" };
    await using auto = await start("auto", none);
    expect(await transcribe(auto, whisper)).toMatch(/ask not what your country/iu);
    expect(auto.log()).toContain("the GPU does not work, so the model runs on the CPU");
    using scratch = openScratch();
    const words = ["transcribe", clip, "--model", whisper, "--device", "gpu"];
    const strict = Bun.spawnSync([executable, ...words], {
      env: { ...scratch.environment, ...withLibrary, ...none },
    });
    expect(strict.stderr.toString()).toMatch(
      /Cannot use a GPU: this build of transcribe\.cpp found/,
    );
    expect(strict.exitCode).toBe(1);
  });
});
