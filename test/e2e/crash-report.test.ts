/**
 * Tests reports about a crash of an engine. By default, the report is one short line with a likely cause. The full
 * crash report appears only at the log level debug.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { openCommandLine } from "./command.ts";
import { repository } from "./executable.ts";
import { formOf, nullEngine, startServer, until } from "./server.ts";
import { tone, wavOf } from "./wav.ts";

setDefaultTimeout(120_000);

const agentPath = join(repository, "test/audio/en_agent-user.flac");

function expectShort(stderr: string): void {
  expect(stderr).not.toMatch(/bun\.report|Bun has crashed|Features:/);
  for (const line of stderr.split("\n")) expect(line.length).toBeLessThan(400);
}

test("transcribe prints the last line of the engine, and all lines at debug", async () => {
  using command = openCommandLine(nullEngine);
  const args = ["transcribe", agentPath, "--model", "null:mortal"];
  const { stderr, code } = await command.run(args);
  expect(code).toBe(1);
  expectShort(stderr);
  expect(stderr).toMatch(/runner ended .*why="signal SIGABRT" stderr="panic.*abort\(\) called"/);
  expect(stderr).toMatch(
    /Cannot load model "null:mortal": its process ended \(signal SIGABRT\)\n$/,
  );
  const debug = await command.run([...args, "--log-level", "debug"]);
  expect(debug.stderr).toMatch(/debug standard error of the runner that ended .*Bun has crashed/);
});

test("the log of the server contains the last line, and all lines at debug", async () => {
  await using server = await startServer({ environment: nullEngine });
  const form = formOf({ file: wavOf(0.5, tone), model: "null:echo", prompt: "crash" });
  expect((await server.post(form)).status).toBe(500);
  await until("both ends are logged", () => server.log().split(" runner ended ").length === 3);
  expectShort(server.log());
  expect(server.log()).toMatch(/runner ended .*why="signal SIGSEGV.*stderr="panic/);
});

test.skipIf(process.platform !== "linux")("too little memory is named as the cause", async () => {
  using command = openCommandLine();
  const transcribe = (kilobytes: number) =>
    command.shell(`ulimit -v ${kilobytes}; "$ASR" transcribe "${agentPath}"`);
  const { stderr, code } = await transcribe(2_000_000);
  expect(code).toBe(1);
  expect(stderr.split("\n").at(-2)).toMatch(/Cannot (?:load|transcribe) .*not enough memory\?/);
  expectShort(stderr);
  // On different machines, this limit makes the process fail at different points. So the test checks only that the
  // report is short.
  expectShort((await transcribe(4_000_000)).stderr);
});
