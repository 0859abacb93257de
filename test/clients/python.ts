/**
 * Describes the clients in Python. Each client has an environment of its own, whose packages have pinned versions and
 * hashes.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pythonEnvironment } from "../python-environment.ts";
import type { Client } from "./client.ts";

export const openaiPython = pythonClient("openai for Python", "openai", {
  errorClass: "NotFoundError",
  streams: true,
});

export const litellm = pythonClient("LiteLLM", "litellm", {
  errorClass: "openai.NotFoundError",
  without: ["models"],
});

// --- internal ---

/** Returns the description of a client. The program and the requirements file have the same name as the package. */
function pythonClient(
  name: string,
  packageName: string,
  facts: Pick<Client, "errorClass" | "streams" | "without">,
): Client {
  const folder = join(import.meta.dirname, "python");
  const requirements = join(folder, `${packageName}.txt`);
  const pin = new RegExp(`^${packageName}==(\\S+)`, "m");
  return {
    name,
    version: pin.exec(readFileSync(requirements, "utf8"))?.[1] ?? "",
    ...facts,
    needs: [],
    async install() {
      const environment = { title: name, folder: `clients/${packageName}`, requirements };
      return [await pythonEnvironment(environment), join(folder, `${packageName}_client.py`)];
    },
  };
}
