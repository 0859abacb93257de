// Runs all checks and all test suites, and counts the results.
//
// Usage: npm test [-- ARGUMENTS]
//
// `npm test` builds the executable first. If arguments are given, runs only `bun test` with these arguments, without
// the other checks. `npm run test:full` also runs the slow tests (see full.ts).

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fullVariable } from "./full.ts";

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
}

const repository = join(import.meta.dirname, "..");
const buildFolder = join(repository, ".build");
/**
 * Maximum number of test files that run at the same time. A small machine has two cores. The number is higher, because
 * tests that wait for a timeout use no core.
 */
const filesAtOnce = 3;
const isFull = process.argv.includes("--full");
const chosen = process.argv.slice(2).filter((argument) => argument !== "--full");

const crate = ["--manifest-path", join(repository, "ffi", "audio", "Cargo.toml")];
const cargoBuild = [...crate, "--locked", "--target-dir", join(buildFolder, "cargo")];

const outcomes: Outcome[] = [];
if (chosen.length === 0) {
  await check("lint", ["npm", "run", "--silent", "lint"]);
  await check("format", ["npm", "run", "--silent", "fmt:check"]);
  await check("types", ["npm", "run", "--silent", "types"]);
  await check("unused code", ["npm", "run", "--silent", "knip"]);
  await check("Rust format", ["cargo", "fmt", "--check", ...crate], "rustfmt");
  await check(
    "Rust lint",
    ["cargo", "clippy", ...cargoBuild, "--all-targets", "--", "-D", "warnings"],
    "clippy-driver",
  );
  await cargoTests();
}
await check("parts for the tests", ["bun", "build.ts", "tests"]);
await bunTests();
report();

/**
 * Runs one command, which counts as one test. If the command needs `tool` and `tool` is not installed, skips the
 * command.
 */
async function check(name: string, command: readonly string[], tool?: string): Promise<void> {
  if (tool && !Bun.which(tool)) {
    console.error(`\n== ${name}: skipped, ${tool} is not installed`);
    outcomes.push({ name, passed: 0, failed: 0, skipped: 1, seconds: 0 });
    return;
  }
  const { ok, seconds } = await run(name, command);
  outcomes.push({ name, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0, seconds });
}

async function cargoTests(): Promise<void> {
  const name = "cargo test";
  const { ok, seconds, output } = await run(name, [
    "cargo",
    "test",
    ...cargoBuild,
    "--no-fail-fast",
  ]);
  const results = [
    ...output.matchAll(/^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm),
  ];
  const sum = (group: number) =>
    results.reduce((total, result) => total + Number(result[group]), 0);
  outcomes.push({
    name,
    passed: sum(1),
    failed: atLeastOneUnless(ok, sum(2)),
    skipped: sum(3),
    seconds,
  });
}

async function bunTests(): Promise<void> {
  const name = "bun test";
  const results = join(buildFolder, "junit.xml");
  await mkdir(buildFolder, { recursive: true });
  await rm(results, { force: true });
  const reporter = ["--reporter=junit", `--reporter-outfile=${results}`];
  const options = ["--timeout=120000", `--parallel=${filesAtOnce}`];
  const command = ["bun", "test", ...options, ...reporter, ...chosen];
  const { ok, seconds } = await run(name, command);
  const root =
    /<testsuites [^>]*>/.exec(
      await Bun.file(results)
        .text()
        .catch(() => ""),
    )?.[0] ?? "";
  const count = (attribute: string) =>
    Number(new RegExp(` ${attribute}="(\\d+)"`).exec(root)?.[1] ?? 0);
  const failed = count("failures");
  const skipped = count("skipped");
  const passed = count("tests") - failed - skipped;
  outcomes.push({ name, passed, failed: atLeastOneUnless(ok, failed), skipped, seconds });
}

/** Runs a command in the folder of the repository and shows its output. */
async function run(name: string, command: readonly string[]) {
  console.error(`\n== ${name}`);
  const start = performance.now();
  const child = Bun.spawn([...command], {
    cwd: repository,
    env: { ...process.env, [fullVariable]: isFull ? "1" : "" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const decoder = new TextDecoder();
  let output = "";
  for await (const bytes of child.stdout) {
    process.stderr.write(bytes);
    output += decoder.decode(bytes, { stream: true });
  }
  const ok = (await child.exited) === 0;
  return { ok, output, seconds: (performance.now() - start) / 1000 };
}

/**
 * Returns the number of failures. A suite that cannot run reports 0 failures, but it is not `ok`. It counts as one
 * failure.
 */
function atLeastOneUnless(ok: boolean, failed: number): number {
  return ok ? failed : Math.max(failed, 1);
}

function report(): void {
  const total = (count: "passed" | "failed" | "skipped") =>
    outcomes.reduce((sum, outcome) => sum + outcome[count], 0);
  console.log();
  for (const { name, passed, failed, skipped, seconds } of outcomes) {
    const counts = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
    console.log(
      `${failed > 0 ? "FAIL" : "ok  "} ${name.padEnd(20)} ${counts} (${seconds.toFixed(1)} s)`,
    );
  }
  console.log(`${total("passed")} passed, ${total("failed")} failed`);
  process.exitCode = total("failed") === 0 && total("passed") > 0 ? 0 : 1;
}
