/** The shims under AddressSanitizer and UndefinedBehaviorSanitizer, driven from C (shim_test.c). */
import { beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { builtModel } from "../backends/built.ts";
import { recording } from "../backends/recording.ts";

const repository = new URL("../../", import.meta.url).pathname;
/** The build's own CMake folder: ggml is compiled there already. */
const folder = join(repository, ".build/cmake", `${process.platform}-${process.arch}-native`);
const speechS = 3;

/** The sanitizers' runtimes are those of GCC and Clang on Linux and macOS. */
describe.skipIf(process.platform === "win32")("shims under sanitizers", () => {
  beforeAll(async () => {
    await run(
      ["cmake", "--build", folder, "--target", "asr_null_test", "asr_whisper_cpp_test"],
      ["--parallel", String(availableParallelism())],
    );
  }, 900_000);

  test.each([
    ["null", "asr_null_test", "echo"],
    ["whisper-cpp", "asr_whisper_cpp_test", builtModel("ggml-tiny.en-q8_0.bin")],
  ])(
    "%s reads and frees only what is its own",
    async (_name, program, model) => {
      const scratch = mkdtempSync(join(tmpdir(), "open-asr-sanitizers-"));
      try {
        const speech = join(scratch, "speech.f32");
        await Bun.write(speech, recording("jfk.flac").slice(0, speechS * 16_000));
        const output = await run([join(folder, program), model, speech]);
        expect(output).not.toContain("runtime error");
        expect(output.trim()).toEndWith("ok");
      } finally {
        rmSync(scratch, { recursive: true });
      }
    },
    600_000,
  );
});

// --- internal ---

/** What a command printed; throws with it when the command failed. */
async function run(...parts: readonly (readonly string[])[]): Promise<string> {
  const child = Bun.spawn(parts.flat(), { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new Error(`${parts.flat()[0]} failed (${code}): ${errors.slice(-4000)}`);
  return errors + output;
}
