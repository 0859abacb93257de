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

export const azurePython = pythonClient("AzureOpenAI for Python", "openai", {
  program: "azure",
  errorClass: "NotFoundError",
  errorCode: /^DeploymentNotFound$/,
  streams: true,
  without: ["models"],
});

export const deepgramPython = pythonClient("Deepgram for Python", "deepgram-sdk", {
  errorClass: "ApiError",
  errorCode: /^MODEL_NOT_FOUND$/,
  without: ["models"],
});

/** whisper-asr-webservice has no client of its own. */
export const whisperAsrPython = pythonClient("requests for whisper-asr-webservice", "requests", {
  errorClass: "HTTPError",
  errorCode: /^Cannot find model "unknown-model"/,
  without: ["models"],
});

export const litellm = pythonClient("LiteLLM", "litellm", {
  errorClass: "openai.NotFoundError",
  without: ["models"],
});

// --- internal ---

type Facts = Pick<Client, "errorClass" | "errorCode" | "streams" | "without"> & {
  /** Name of the program, if it differs from the name of the package. */
  readonly program?: string;
};

/** Returns the description of a client. The requirements file has the same name as the package. */
function pythonClient(
  name: string,
  packageName: string,
  { program = packageName, ...facts }: Facts,
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
      return [await pythonEnvironment(environment), join(folder, `${program}_client.py`)];
    },
  };
}
