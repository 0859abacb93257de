import { expect, test } from "bun:test";
import { join } from "node:path";
import { finished } from "../finished.ts";

const main = join(import.meta.dir, "../../src/main.ts");

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const child = Bun.spawn([process.execPath, main, ...args], {
    env: { PATH: "/usr/bin:/bin", ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  return finished(child);
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
  expect(serve.stdout).toContain("-h, --host ADDRESS");
  expect(serve.stdout).toContain("OPEN_ASR_SERVER_API_KEY");
  expect(serve.stdout).not.toContain("OPEN_ASR_SERVER_NULL_BACKEND");
  expect((await run(["transcribe", "-h"])).stdout).toContain("transcribe talk.mp3 --format srt");
  expect((await run(["backends", "--help"])).stdout).toContain("--json");
});

test("--version prints the version of package.json", async () => {
  const { version } = await Bun.file(join(import.meta.dir, "../../package.json")).json();
  expect(await run(["--version"])).toEqual({ stdout: `${version}\n`, stderr: "", code: 0 });
});

test.each([["version"], ["-V"], ["-v"]])("the argument %s prints the version", async (word) => {
  expect(await run([word])).toEqual(await run(["--version"]));
});

test("help, and help with a command, print the same as --help", async () => {
  expect(await run(["help"])).toEqual(await run(["--help"]));
  for (const command of ["serve", "transcribe", "backends"]) {
    const long = await run([command, "--help"]);
    expect(long.stdout).toContain(`open-asr-server ${command}`);
    expect(await run(["help", command])).toEqual(long);
    expect(await run([command, "-h"])).toEqual(long);
  }
});

for (const [args, words] of [
  [
    ["listen"],
    'Unknown command "listen", expected a command (serve, transcribe, smoke, bench, backends, ',
  ],
  [["server", "-p", "1"], "did you mean: open-asr-server serve -p 1?"],
  [["help", "serv"], "did you mean: open-asr-server serve?"],
  [["--versoin"], "did you mean: open-asr-server --version?"],
  [["-x"], "Unknown flag -x, expected a command"],
  [["version", "now"], 'version takes flags only, found "now"'],
  [["--version", "now"], "--version takes no arguments"],
  [["help", "models", "lsit"], "did you mean: open-asr-server models list?"],
  [["talk.mp3"], 'Unknown command "talk.mp3": did you mean: open-asr-server transcribe talk.mp3?'],
  [["a.mp3", "Bob's b.mp3", "-f", "srt"], `transcribe a.mp3 'Bob'\\''s b.mp3' -f srt?`],
  [
    ["https://example.org/talk"],
    "did you mean: curl -L https://example.org/talk | open-asr-server transcribe -?",
  ],
  [
    ["https://example.org/t?a=1&b=2", "-f", "srt"],
    "curl -L 'https://example.org/t?a=1&b=2' | open-asr-server transcribe - -f srt?",
  ],
  [["-"], "did you mean: open-asr-server transcribe -?"],
  [["/"], "did you mean: open-asr-server transcribe /?"],
  [["--port", "9000"], "did you mean: open-asr-server serve --port 9000?"],
  [["-f", "srt"], "did you mean: open-asr-server transcribe -f srt?"],
  [["serve", "--prot", "1"], "Unknown flag --prot: did you mean --port?"],
  [["serve", "--api_key_file", "k"], "did you mean --api-key-file?"],
  [["serve", "--transcribe-workers", "1"], "did you mean --workers?"],
  [["serve", "--upload-bytes", "1"], "did you mean --max-upload-bytes?"],
  [["serve", "--api-key", "k"], "did you mean the variable OPEN_ASR_SERVER_API_KEY?"],
  [["serve", "--toString", "k"], "`open-asr-server serve --help-all` lists the flags"],
  [["serve", "--version"], "did you mean open-asr-server --version?"],
  [["serve", "-v"], "Unknown flag -v: `open-asr-server serve --help-all` lists the flags"],
  [["serve", "-port", "1"], "Unknown flag -port: did you mean --port?"],
  [["serve", "-p=1"], "write --port=1"],
  [["serve", "--no-vad=1"], "Unknown flag --no-vad: write --no-vad or --vad off"],
  [["serve", "--no-vad", "--vad", "on"], "--vad is given twice"],
  [["serve", "--no-port"], "Unknown flag --no-port: leave --port out for its default"],
  [["serve", "--port"], "--port needs a value: --port PORT"],
  [["serve", "--port", "--host", "x"], "--port needs a value: --port PORT"],
  [["serve", "--port", "-p", "1"], "--port needs a value: --port PORT"],
  [["serve", "--port", "-1"], "a value that starts with a dash is written --port=-1"],
  [["serve", "--port", "http"], '--port is "http", expected a whole number from 0 to 65535'],
  [["serve", "--port=http"], '--port is "http", expected a whole number from 0 to 65535'],
  [["serve", "--port", "1", "-p", "2"], "--port is given twice, expected once"],
  [["serve", "extra"], 'serve takes flags only, found "extra"'],
  [["serve", "https://x.org/t"], "curl -L https://x.org/t | open-asr-server transcribe -?"],
  [["serve", "a.mp3"], "did you mean: open-asr-server transcribe a.mp3?"],
  [["backends", "--jsn"], "Unknown flag --jsn: did you mean --json?"],
  [["backends", "--json=yes"], '--json takes no value, found "yes"'],
  [
    ["transcribe", "--port", "1", "a.wav"],
    "--port is a flag of serve and health, not of transcribe",
  ],
  [["transcribe", "--lang", "en", "a.wav"], "did you mean --language?"],
  [["transcribe", "--no-words", "a.wav"], "leave --words out"],
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

test.each([
  [["\u001B[31m\n.mp3"], 'Unknown command "?[31m?.mp3"'],
  [["serve", "--\u001B[31m\n"], "Unknown flag --?[31m?: "],
  [["serve", "\u001B[31m\n"], 'found "?[31m?"'],
  [["serve", "--port", "\u001B[31m\n"], '--port is "?[31m?"'],
])("control characters of %j do not reach the terminal", async (args, words) => {
  const { stderr } = await run(args);
  expect(stderr).toContain(words);
  expect(stderr).not.toContain("\u001B");
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("an invalid variable prints one line and exits with code 2", async () => {
  const { stderr, code } = await run(["serve"], { OPEN_ASR_SERVER_QUEUE_MAX: "many" });
  expect(stderr).toContain('OPEN_ASR_SERVER_QUEUE_MAX is "many", expected a whole number');
  expect(code).toBe(2);
});
