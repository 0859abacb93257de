import { expect, test } from "bun:test";
import { join } from "node:path";

const main = join(import.meta.dir, "../../src/main.ts");

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, main, ...args], {
    env: { PATH: "/usr/bin:/bin", ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    child.stdout.text(),
    child.stderr.text(),
    child.exited,
  ]);
  return { stdout, stderr, code };
}

test("no arguments and --help print the commands with examples, without colours in a pipe", async () => {
  for (const args of [[], ["--help"], ["-h"]]) {
    const { stdout, code } = await run(args);
    expect(code).toBe(0);
    expect(stdout).toContain("EXAMPLES");
    expect(stdout).toMatch(/serve .*transcribe .*backends/s);
    expect(stdout).not.toContain("\u001B");
  }
});

test("each command prints its own help", async () => {
  const serve = await run(["serve", "--help"]);
  expect(serve.stdout).toContain("-h, --host=<ADDRESS>");
  expect(serve.stdout).toContain("OPEN_ASR_SERVER_API_KEY");
  expect(serve.stdout).not.toContain("OPEN_ASR_SERVER_NULL_BACKEND");
  expect((await run(["transcribe", "-h"])).stdout).toContain("transcribe talk.mp3 --format srt");
  expect((await run(["backends", "--help"])).stdout).toContain("--json");
});

test("--version prints the version of package.json", async () => {
  const { version } = await Bun.file(join(import.meta.dir, "../../package.json")).json();
  expect(await run(["--version"])).toEqual({ stdout: `${version}\n`, stderr: "", code: 0 });
});

for (const [args, words] of [
  [["listen"], 'Unknown command "listen"'],
  [["serve", "--prot", "1"], "Unknown option '--prot'"],
  [["serve", "--port"], "argument missing"],
  [["serve", "--port", "http"], '--port is "http", expected a whole number from 0 to 65535'],
  [["serve", "extra"], "Unexpected argument 'extra'"],
  [["backends", "--jsn"], "Unknown option '--jsn'"],
  [["transcribe"], "No input file"],
  [["transcribe", "a.wav", "a.wav"], "named twice"],
  [
    ["transcribe", "a.wav", "--format", "docx"],
    "expected one of json, text, srt, vtt, verbose_json",
  ],
  [["transcribe", "a.wav", "--language", "Klingon"], "ISO 639-1"],
  [["transcribe", "a.wav", "--temperature", "2"], "a number from 0 to 1"],
  [["transcribe", "a.wav", "--words"], "--format verbose_json"],
  [["transcribe", "a/x.wav", "b/x.mp3", "-o", "out"], 'both be written to "out/x.txt"'],
] as const) {
  test(`\`${args.join(" ")}\` prints one line and exits with code 2`, async () => {
    const { stdout, stderr, code } = await run(args);
    expect(stdout).toBe("");
    expect(stderr).toContain(words);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(code).toBe(2);
  });
}

test("an invalid variable prints one line and exits with code 2", async () => {
  const { stderr, code } = await run(["serve"], { OPEN_ASR_SERVER_QUEUE_MAX: "many" });
  expect(stderr).toContain('OPEN_ASR_SERVER_QUEUE_MAX is "many", expected a whole number');
  expect(code).toBe(2);
});
