/** Copies this checkout to another folder, without what was built. */
import { cpSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { repository } from "../e2e/executable.ts";

/** Copies all files of the repository except the recordings of the tests. */
export function copySources(folder: string): void {
  const listed = Bun.spawnSync(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: repository },
  );
  for (const name of listed.stdout.toString().split("\0")) {
    if (name === "" || name.startsWith("test/audio/")) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(join(repository, name), join(folder, name));
  }
}

/** Makes links to these folders of .build, so that a build does not make them again. */
export function shareBuilt(folder: string, names: readonly string[]): void {
  mkdirSync(join(folder, ".build"), { recursive: true });
  for (const name of names)
    symlinkSync(join(repository, ".build", name), join(folder, ".build", name));
}

/** Makes links to the installed packages. */
export function sharePackages(folder: string, except: readonly string[] = []): void {
  mkdirSync(join(folder, "node_modules"));
  for (const name of readdirSync(join(repository, "node_modules")))
    if (!except.includes(name))
      symlinkSync(join(repository, "node_modules", name), join(folder, "node_modules", name));
}
