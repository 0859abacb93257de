/** Finds the file of the running program. */
import { existsSync } from "node:fs";

/**
 * Returns the path of this program. On Linux, /proc/self/exe refers to the running program even after an upgrade has
 * replaced the file.
 */
export function selfPath(): string {
  const self = "/proc/self/exe";
  return process.platform === "linux" && existsSync(self) ? self : process.execPath;
}
