/** Tests which cause of a runner's end is found in its standard error output. */
import { expect, test } from "bun:test";
import { lastLine, soundsLikeNoMemory } from "../../src/supervisor/crash-report.ts";
import { deathOfExit, RunnerDied } from "../../src/supervisor/death.ts";

const report = (panic: string) =>
  `============================================================
Bun v1.4.5 (a7733435c) Linux x64
CPU: sse42 popcnt avx avx2 avx512
Args: "/opt/open-asr-server" "runner"

Elapsed: 522ms | User: 61ms | Sys: 250ms

${panic}
oh no: Bun has crashed. This indicates a bug in Bun, not your code.

To send a redacted crash report to Bun's team,
please file a GitHub issue using the link below:

 https://bun.report/1.4.5/l_1a773343kQggggCs/8tCA2AA`;

const assertion = "ggml.c:1607: GGML_ASSERT(ctx->mem_buffer != NULL) failed";

test("lastLine() returns the last line of the program, or otherwise the cause in Bun's crash report", () => {
  expect(lastLine(`first\n${assertion}\n${report("panic: abort() called")}`)).toBe(assertion);
  const segfault = "panic(main thread): Segmentation fault at address 0x0";
  expect(lastLine(report(segfault))).toBe(segfault);
  expect(lastLine("a line\nthe last one\n")).toBe("the last one");
  expect(lastLine("")).toBe("");
  expect(lastLine("x".repeat(5000))).toHaveLength(300);
});

test.each([
  [assertion, true],
  ["terminate called after throwing an instance of 'std::bad_alloc'", true],
  [report("panic: Segmentation fault at address 0x0"), true],
  [report("panic: Segmentation fault at address 0x10"), true],
  [report("panic: Segmentation fault at address 0x7F00DEADBEEF"), false],
  [report("panic: abort() called"), false],
  ["", false],
])("%j: not enough memory? %j", (stderr, expected) => {
  expect(soundsLikeNoMemory(stderr)).toBe(expected);
  const died = new RunnerDied("base", deathOfExit({ code: null, signal: "SIGABRT", stderr }), 1);
  const words = expected ? "signal SIGABRT; not enough memory?" : "signal SIGABRT";
  expect(died.toLoadError().message).toBe(`Cannot load model "base": its process ended (${words})`);
});
