/** Finds the executable that a release would contain. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findTarget } from "../../vendor/targets.ts";
import { executable, repository } from "../e2e/executable.ts";

/** Returns the executable of `npm run build -- all --release` if there is one, otherwise that of `npm run build`. */
export function releasedExecutable(): string {
  const target = findTarget();
  const released = join(repository, "dist", target.name, target.executable);
  return existsSync(released) ? released : executable;
}
