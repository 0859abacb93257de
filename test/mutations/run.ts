/**
 * Applies the mutations of list.ts, one at a time, and expects that the named suites fail.
 *
 * Usage: npm run mutations [-- WORD...]. If words are given, runs only the mutations whose file or description contains
 * one of the words. If all suites of a mutation pass, no test covers the rule that the mutation breaks. The exit code
 * is then 1.
 */
import { cp, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { type Mutation, mutations } from "./list.ts";

const repository = join(import.meta.dirname, "../..");
/** Folder for a copy of the code, so that the mutations do not change the repository. */
const copy = join(repository, ".build", "mutations");
const copied = ["src", "test", "package.json", "tsconfig.json", "bunfig.toml"];
const linked = [".build", "node_modules", "dist", "ffi", "vendor", "samples"];
/** Time limit for a run in milliseconds, because a mutation may make the code wait forever. */
const limitMs = 120_000;

const words = process.argv.slice(2);
const chosen = mutations.filter(
  ({ file, breaks }) =>
    words.length === 0 || words.some((word) => file.includes(word) || breaks.includes(word)),
);

await makeCopy();
const suites = [...new Set(chosen.flatMap((mutation) => mutation.suites))];
if (!(await pass(suites))) {
  console.error(`The suites fail without any mutation: ${suites.join(" ")}`);
  process.exit(1);
}
const survivors: Mutation[] = [];
for (const mutation of chosen) {
  const isCaught = await isCaughtBySuites(mutation);
  console.log(`${isCaught ? "caught  " : "SURVIVED"} ${mutation.file}: ${mutation.breaks}`);
  if (!isCaught) survivors.push(mutation);
}
await rm(copy, { recursive: true, force: true });
console.log(`${chosen.length - survivors.length} caught, ${survivors.length} survived`);
process.exitCode = survivors.length === 0 ? 0 : 1;

// --- internal ---

async function makeCopy(): Promise<void> {
  await rm(copy, { recursive: true, force: true });
  await mkdir(copy, { recursive: true });
  for (const name of copied) {
    await cp(join(repository, name), join(copy, name), { recursive: true });
  }
  for (const name of linked) await symlink(join(repository, name), join(copy, name));
}

async function isCaughtBySuites({ file, from, to, suites: named }: Mutation): Promise<boolean> {
  const path = join(copy, file);
  const original = await Bun.file(path).text();
  if (original.split(from).length !== 2) {
    throw new Error(`${file} has the text ${JSON.stringify(from)} not exactly once`);
  }
  await Bun.write(
    path,
    original.replace(from, () => to),
  );
  try {
    return !(await pass(named));
  } finally {
    await Bun.write(path, original);
  }
}

async function pass(named: readonly string[]): Promise<boolean> {
  const child = Bun.spawn([process.execPath, "test", "--bail", "--timeout=20000", ...named], {
    cwd: copy,
    stdin: "ignore",
    stdout: "ignore",
    stderr: "ignore",
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  return (await child.exited) === 0;
}
