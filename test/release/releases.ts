/** Makes releases in a folder, and serves them over HTTP as a site of releases does. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeReleaseFiles } from "../../vendor/release/files.ts";
import { pack } from "../../vendor/release/pack.ts";
import { findTarget, type Target } from "../../vendor/targets.ts";
import { finished } from "../finished.ts";

export function openReleases() {
  const folder = mkdtempSync(join(tmpdir(), "open-asr-server-release-"));
  const site = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request) {
      const path = join(folder, new URL(request.url).pathname);
      return existsSync(path)
        ? new Response(Bun.file(path))
        : new Response("Not found", { status: 404 });
    },
  });
  const baseUrl = `http://127.0.0.1:${site.port}`;
  return {
    folder,
    baseUrl,
    folderOf: (version: string) => join(folder, `v${version}`),
    /** Adds a version with this executable for each of the targets. */
    async add(version: string, executable: string, targets: readonly Target[] = [findTarget()]) {
      const release = join(folder, `v${version}`);
      for (const target of targets)
        await pack({ executable, target, version, folder: release, level: 0 });
      return writeReleaseFiles(release, version, baseUrl);
    },
    /** Writes a program that only prints this text. */
    program(text: string) {
      const path = join(folder, `program-${text}`);
      writeFileSync(path, `#!/bin/sh\necho ${text}\n`);
      chmodSync(path, 0o755);
      return path;
    },
    /** Creates a home folder. Returns it with a function that runs the installer of a version there. */
    user() {
      const home = join(folder, `home-${Bun.randomUUIDv7()}`);
      mkdirSync(home);
      const install = async (
        version: string,
        args: readonly string[] = [],
        PATH = process.env["PATH"] ?? "",
      ) =>
        finished(
          Bun.spawn(["/bin/sh", join(folder, `v${version}`, "install.sh"), ...args], {
            cwd: home,
            env: { HOME: home, PATH },
            stdin: "ignore",
            stdout: "pipe",
            stderr: "pipe",
          }),
        );
      return { home, program: join(home, ".local/bin/open-asr-server"), install };
    },
    async [Symbol.asyncDispose]() {
      await site.stop(true);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
