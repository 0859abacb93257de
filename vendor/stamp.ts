// Runs a build step only if its inputs have changed. A stamp file contains the hash of the inputs of the last run.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { buildFolder, repository, step } from "./packages.mjs";

export interface BuildStep {
  /** Title of the step in the build output. */
  title: string;
  /** Name of the stamp file. */
  name: string;
  /** Files and folders that the step reads. */
  inputs?: readonly string[];
  /** Other values that determine the outputs, such as flags. */
  settings?: unknown;
  /** Files that must exist after the step. */
  outputs: readonly string[];
}

/** Runs `work`, unless the outputs exist and were built from the same inputs. */
export async function buildStep(options: BuildStep, work: () => Promise<void>): Promise<void> {
  const stamp = join(buildFolder, "stamps", options.name);
  const key = await hashInputs(options);
  const made = existsSync(stamp) && (await readFile(stamp, "utf8")) === key;
  if (made && options.outputs.every((path) => existsSync(path))) return;
  await rm(stamp, { force: true });
  await step(options.title, work);
  await mkdir(dirname(stamp), { recursive: true });
  await writeFile(stamp, key);
}

// --- internal ---

/**
 * Returns the hash of all inputs. The hash contains paths relative to the repository. So if the repository is copied
 * together with its build folder, the copy is up to date.
 */
async function hashInputs({ inputs = [], settings }: BuildStep): Promise<string> {
  const how = JSON.stringify(settings ?? null).replaceAll(repository, "");
  const hash = createHash("sha256").update(how);
  for (const path of await listFiles(inputs)) {
    hash.update(`\0${relative(repository, path)}\0`).update(await readFile(path));
  }
  return hash.digest("hex");
}

async function listFiles(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    if (!(await stat(path)).isDirectory()) {
      files.push(path);
      continue;
    }
    const names = await Array.fromAsync(new Bun.Glob("**/*").scan({ cwd: path, dot: true }));
    files.push(...names.map((name) => join(path, name)));
  }
  return files.sort();
}
