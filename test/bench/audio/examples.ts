/** Compiles the programs in ffi/audio/examples with the same options as the library in a release. */
import { join } from "node:path";
import { buildFolder, repository, runTool } from "../../../vendor/packages.mjs";

export function buildExamples(): void {
  const manifest = join(repository, "ffi", "audio", "Cargo.toml");
  const place = ["--manifest-path", manifest, "--target-dir", target];
  runTool(["cargo", "build", "--release", "--examples", "--quiet", "--locked", ...place], {
    failure: "Cannot compile the examples of the audio library",
  });
}

export function examplePath(name: "decode" | "voice_activity"): string {
  return join(target, "release", "examples", process.platform === "win32" ? `${name}.exe` : name);
}

// --- internal ---

const target = join(buildFolder, "cargo");
