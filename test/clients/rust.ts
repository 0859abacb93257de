/** Describes a client in Rust. Cargo.lock contains the hashes of its packages. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "../../vendor/packages.mjs";
import { buildStep } from "../../vendor/stamp.ts";
import { isWindows } from "../windows.ts";
import { type Client, clientsFolder } from "./client.ts";

const source = join(import.meta.dirname, "rust");
const manifest = join(source, "Cargo.toml");

export const asyncOpenai: Client = {
  name: "async-openai",
  version: /async-openai = .*?"=([\d.]+)"/.exec(readFileSync(manifest, "utf8"))?.[1] ?? "",
  errorClass: "OpenAIError::ApiError",
  // A Rust program cannot find out the versions of its packages.
  without: ["version"],
  needs: ["cargo"],
  async install() {
    const folder = join(clientsFolder, "rust");
    const name = "open-asr-server-clients";
    const program = join(folder, "debug", isWindows ? `${name}.exe` : name);
    await buildStep(
      {
        title: "compiling async-openai",
        name: "clients-async-openai",
        inputs: [source],
        outputs: [program],
      },
      async () => {
        const command = ["cargo", "build", "--quiet", "--locked", "--manifest-path", manifest];
        runTool([...command, "--target-dir", folder], { failure: "Cannot compile async-openai" });
      },
    );
    return [program];
  },
};
