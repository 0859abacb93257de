/**
 * Tests the C interface of the audio library. The C program in audio/ makes the calls, and AddressSanitizer and
 * UndefinedBehaviorSanitizer check them.
 */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { builtLibrary } from "../backends/built.ts";

const repository = new URL("../../", import.meta.url).pathname;
const scratch = mkdtempSync(join(tmpdir(), "open-asr-sanitizers-"));
const sanitizers = ["-fsanitize=address,undefined", "-fno-omit-frame-pointer"];
const compiler = process.platform === "win32" ? null : Bun.which("cc");

afterAll(() => rmSync(scratch, { recursive: true }));

test.skipIf(!(await compilerHasSanitizers()))(
  "the audio library accesses no memory outside its buffers and frees all that it allocates",
  async () => {
    const sources = (await readdir(join(import.meta.dirname, "audio")))
      .filter((name) => name.endsWith(".c"))
      .map((name) => join(import.meta.dirname, "audio", name));
    const program = join(scratch, "audio_test");
    const library = builtLibrary("audio");
    const headers = `-I${join(repository, "ffi/audio")}`;
    const libraries = [library, `-Wl,-rpath,${dirname(library)}`, "-lm", "-lpthread"];
    const built = await run(
      [compiler ?? "cc", "-std=c11", "-O1", "-g1", "-Wall", "-Wextra", "-Werror", headers],
      [...sanitizers, ...sources, ...libraries, "-o", program],
    );
    expect(built).toEqual({ code: 0, output: "" });
    const tested = await run([program, join(repository, "test/audio"), scratch]);
    expect(tested).toEqual({ code: 0, output: "ok\n" });
  },
  600_000,
);

// --- internal ---

/**
 * Returns whether the compiler can link the sanitizers. Some distributions do not include the runtime libraries of the
 * sanitizers.
 */
async function compilerHasSanitizers(): Promise<boolean> {
  if (!compiler) return false;
  const source = join(scratch, "probe.c");
  const program = join(scratch, "probe");
  await Bun.write(source, "int main(void) { return 0; }\n");
  const { code } = await run([compiler, ...sanitizers, source, "-o", program]);
  return code === 0 && (await run([program])).code === 0;
}

async function run(...parts: readonly (readonly string[])[]) {
  const child = Bun.spawn(parts.flat(), { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [output, errors, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, output: (output + errors).slice(-4000) };
}
