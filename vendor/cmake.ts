// Configures and builds a project with CMake.

import { rm } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { runTool } from "./packages.mjs";

export interface CmakeBuild {
  /** Folder of the CMakeLists.txt. */
  readonly project: string;
  /** Build folder. */
  readonly folder: string;
  /** Arguments that configure the project. */
  readonly configure: readonly string[];
  /** The targets to build. Absent: all. */
  readonly targets?: readonly string[];
  /** Start of the message if CMake fails. */
  readonly failure: string;
}

export async function runCmake({
  project,
  folder,
  configure,
  targets = [],
  failure,
}: CmakeBuild): Promise<void> {
  await forgetOtherCheckout(folder, project);
  const generator = Bun.which("ninja") ? ["-G", "Ninja"] : [];
  const paths = ["-S", project, "-B", folder];
  runTool(["cmake", ...paths, ...generator, "-DCMAKE_BUILD_TYPE=Release", ...configure], {
    failure,
  });
  const build = ["--build", folder, "--config", "Release", "--parallel"];
  const chosen = targets.length > 0 ? ["--target", ...targets] : [];
  runTool(["cmake", ...build, String(availableParallelism()), ...chosen], { failure });
}

// --- internal ---

/**
 * Deletes the build folder if CMake configured it for another path of the repository, because CMake would reject the
 * folder.
 */
async function forgetOtherCheckout(folder: string, project: string): Promise<void> {
  const cache = Bun.file(join(folder, "CMakeCache.txt"));
  if (!(await cache.exists())) return;
  if (!(await cache.text()).includes(`CMAKE_HOME_DIRECTORY:INTERNAL=${project}\n`)) {
    await rm(folder, { recursive: true, force: true });
  }
}
