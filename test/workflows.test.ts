/** Tests the workflows: their actions are pinned, and their commands exist. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { scripts } from "../package.json";

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly uses?: string; readonly run?: string }[] }>
  >;
}

const repository = join(import.meta.dir, "..");
const paths = ["ci", "release"].map((name) => `.github/workflows/${name}.yml`);

test.each(paths)("%s gives its jobs the permission to read, by default", (path) => {
  expect(load(path).permissions).toEqual({ contents: "read" });
});

test("ci.yml names each action by the hash of its commit, with the version as a comment", () => {
  const text = readFileSync(join(repository, ".github/workflows/ci.yml"), "utf8");
  const uses = [...text.matchAll(/uses: (.*)/g)].map(([, action = ""]) => action);
  expect(uses.length).toBeGreaterThan(5);
  for (const action of uses)
    expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test.each(paths)("%s runs only scripts and files that exist", (path) => {
  const commands = Object.values(load(path).jobs)
    .flatMap(({ steps }) => steps.flatMap(({ run = "" }) => run.split("\n")))
    .map((line) => line.trim());
  for (const command of commands) {
    const script = /^npm run (?:--silent )?([\w:-]+)/.exec(command)?.[1];
    if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
    const file = /^bash (\S+)$/.exec(command)?.[1];
    if (file !== undefined)
      expect([file, existsSync(join(repository, file))]).toEqual([file, true]);
  }
});

describe.skipIf(Bun.which("actionlint") === null)("actionlint", () => {
  test.each(paths)("finds no problem in %s", (path) => {
    const { stdout } = Bun.spawnSync(["actionlint", join(repository, path)]);
    expect(stdout.toString()).toBe("");
  });
});

function load(path: string): Workflow {
  return Bun.YAML.parse(readFileSync(join(repository, path), "utf8")) as Workflow;
}
