/** Tests that an executable of another platform must pass: its own code with the null engine, and a short recording. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { version } from "../../package.json";
import { normalisedWords } from "../../src/transcript/word-errors.ts";
import { openScratch, repository } from "../e2e/executable.ts";
import { expectError } from "../e2e/failures.ts";
import { formOf, nullEngine, startServer, type TestServer, until } from "../e2e/server.ts";
import { tone, wavOf } from "../e2e/wav.ts";
import { finished } from "../finished.ts";

export interface Platform {
  readonly name: string;
  /** Script that starts the executable, or null: the tests are skipped. */
  readonly script: string | null;
  /** Whether a signal reaches the program as on this machine. */
  readonly hasSignals: boolean;
  /** Model files by backend, for a transcription of a recording. */
  readonly models: readonly string[];
}

/** Tests of an executable that an emulator runs. They have generous limits, because an emulator is slow. */
export function describeExecutable({ name, script, hasSignals, models }: Platform): void {
  const start = (environment: Readonly<Record<string, string>> = {}, flags: string[] = []) =>
    startServer({
      executable: script ?? "",
      environment: { PATH: process.env["PATH"] ?? "", ...environment },
      flags,
    });
  const command = (on: TestServer, prompt: string, signal?: AbortSignal) =>
    on.post(
      formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt }),
      signal ? { signal } : {},
    );

  describe.skipIf(script === null)(`${name}: the executable`, () => {
    test("prints its version", async () => {
      const child = Bun.spawn([script ?? "", "--version"], { stdout: "pipe", stderr: "pipe" });
      const { stdout, code } = await finished(child);
      expect([code, stdout.trim()]).toEqual([0, version]);
    });

    test("serves the null engine: results, errors by name, a crash, a disconnect", async () => {
      await using server = await start({
        ...nullEngine,
        OPEN_ASR_SERVER_TRANSCRIBE_WORKERS: "1",
        OPEN_ASR_SERVER_CANCEL_TIMEOUT_SECONDS: "10",
      });
      expect(await (await command(server, "say hello")).json()).toMatchObject({ text: "hello" });
      const unknown = await server.post(
        formOf({ file: wavOf(0.5, tone), model: "null:echo", wish: "1" }),
      );
      expect([unknown.status, await unknown.text()]).toEqual([
        400,
        expect.stringContaining("wish"),
      ]);
      await expectError(await command(server, "crash"), { status: 500, code: "runner_crashed" });
      expect(await (await command(server, "say again")).json()).toMatchObject({ text: "again" });
      const leaving = new AbortController();
      const left = command(server, "sleep 600000", leaving.signal).catch(() => null);
      await until("the upload is on disk", () => server.spooled().length === 1, 60);
      leaving.abort();
      await left;
      expect(await (await command(server, "say next")).json()).toMatchObject({ text: "next" });
      await until("the uploads are deleted", () => server.spooled().length === 0, 60);
    });

    test.skipIf(!hasSignals)(
      "ends after SIGTERM and leaves no file in its spool folder",
      async () => {
        await using server = await start({ ...nullEngine });
        await command(server, "say hi");
        expect(await server.stop()).toBe(0);
        expect(server.spoolEntries()).toEqual([]);
      },
    );

    test("transcribes without a server, to the standard output and to a file", async () => {
      using scratch = openScratch();
      const output = join(scratch.folder, "hello.srt");
      const words = ["transcribe", join(repository, "test/audio/en_vm-nobox.flac")];
      const speak = ["--model", "null:echo", "--prompt", "say hello"];
      for (const flags of [[], ["--output", output]]) {
        const child = Bun.spawn([script ?? "", ...words, ...speak, ...flags], {
          cwd: scratch.folder,
          env: { PATH: process.env["PATH"] ?? "", ...scratch.environment, ...nullEngine },
          stdout: "pipe",
          stderr: "pipe",
        });
        const { stdout, stderr, code } = await finished(child);
        expect({ code, stderr }).toMatchObject({ code: 0 });
        if (flags.length === 0) expect(stdout.trim()).toBe("hello");
      }
      expect(readFileSync(output, "utf8")).toContain("hello");
    });

    test.each([...models])("transcribes a recording with %s", async (model) => {
      await using server = await start({}, ["--model", model]);
      const file = "en_vm-nobox.flac";
      const recording = readFileSync(join(repository, "test/audio", file));
      const response = await server.post(formOf({ file: new File([recording], file) }));
      const { text } = (await response.json()) as { text: string };
      expect(normalisedWords(text)).toContain("mailbox");
    });
  });
}
