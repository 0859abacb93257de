/** Finds the path with which a service starts this program. */
import { realpathSync } from "node:fs";
import { UsageError } from "../../settings/config.ts";
import { isEmbeddedPath } from "../../platform/embedded-path.ts";

/**
 * Returns the path of this program. If the command search path contains a link to it, returns the path of this link,
 * because a package manager such as Homebrew changes the link when it installs a new version. Throws UsageError when
 * the program runs from its sources.
 */
export function programPath(): string {
  if (!isEmbeddedPath(Bun.main)) {
    throw new UsageError("Only the executable can run as a service: build it with npm run build");
  }
  const found = Bun.which("open-asr-server");
  return found !== null && realpathSync(found) === realpathSync(process.execPath)
    ? found
    : process.execPath;
}
