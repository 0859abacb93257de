// Builds the executable for each platform, as far as this machine can, and tests it there: in an emulator, in a bare root
// folder, or by inspection. Prints what it skips, and why.
//
// Usage: npm run test:platforms [-- NAME... --without-vulkan]

import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { MissingToolError, repository } from "../../vendor/packages.mjs";
import { findTarget, isThisMachine, targets } from "../../vendor/targets.ts";

const { positionals: names, values } = parseArgs({
  allowPositionals: true,
  options: { "without-vulkan": { type: "boolean", default: false } },
});
const chosen = names.length > 0 ? names.map((name) => findTarget(name)) : targets;
const outcomes: string[] = [];
let isOk = true;

// The recordings are decoded with tiny.en, and with whisper.cpp and CTranslate2.
if ((await run([process.execPath, "build.ts", "tests"])) !== 0) isOk = false;
for (const target of chosen) {
  console.error(`\n== ${target.name}`);
  const flags = isThisMachine(target)
    ? ["--release", ...(values["without-vulkan"] ? ["--without-vulkan"] : [])]
    : ["--target", target.name];
  const file = `./test/platforms/${target.name}.platform.ts`;
  if (!existsSync(join(repository, file))) {
    outcomes.push(`${target.name}: no tests`);
    continue;
  }
  const built = await run([process.execPath, "build.ts", "all", ...flags]);
  if (built !== 0) {
    outcomes.push(
      `${target.name}: ${built === MissingToolError.exitCode ? "skipped" : "not built"}, see above`,
    );
    if (built !== MissingToolError.exitCode) isOk = false;
  } else {
    const code = await run([process.execPath, "test", file]);
    outcomes.push(`${target.name}: ${code === 0 ? "passed or skipped, see above" : "failed"}`);
    if (code !== 0) isOk = false;
  }
}
console.log(`\n${outcomes.join("\n")}`);
process.exitCode = isOk ? 0 : 1;

/** Runs a command in the folder of the repository and returns its exit code. */
async function run(command: readonly string[]): Promise<number> {
  return Bun.spawn([...command], {
    cwd: repository,
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  }).exited;
}
