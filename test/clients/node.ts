/** Describes the clients in JavaScript that run in Node. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { runTool } from "../../vendor/packages.mjs";
import { buildStep } from "../../vendor/stamp.ts";
import repository from "../../package.json";
import { type Client, clientsFolder } from "./client.ts";
import packages from "./node/full/package.json";

const programs = join(import.meta.dirname, "node");

export const openaiNode: Client = {
  name: "openai for Node",
  version: repository.devDependencies.openai,
  errorClass: "NotFoundError",
  streams: true,
  needs: [],
  install: () => Promise.resolve(["node", join(programs, "openai-client.mjs")]),
};

export const azureNode: Client = {
  name: "AzureOpenAI for Node",
  version: repository.devDependencies.openai,
  errorClass: "NotFoundError",
  errorCode: /^DeploymentNotFound$/,
  without: ["models"],
  needs: [],
  install: () => Promise.resolve(["node", join(programs, "azure-client.mjs")]),
};

export const vercelAiSdk: Client = {
  name: "Vercel AI SDK",
  version: packages.dependencies.ai,
  errorClass: "AI_APICallError",
  without: ["models"],
  needs: [],
  install: () => installed("vercel-ai-sdk-client.mjs"),
};

export const langchain: Client = {
  name: "LangChain for JavaScript",
  version: packages.dependencies["@langchain/community"],
  without: ["models", "words"],
  needs: [],
  install: () => installed("langchain-client.mjs"),
};

// --- internal ---

/**
 * Installs the packages and copies the program next to them, because Node searches packages in the folder of the
 * program. Returns the command that starts the program.
 */
async function installed(program: string): Promise<string[]> {
  const source = join(programs, "full");
  const folder = join(clientsFolder, "node");
  const manifests = ["package.json", "bun.lock"];
  await buildStep(
    {
      title: "installing clients for Node",
      name: "clients-node",
      inputs: manifests.map((name) => join(source, name)),
      outputs: [join(folder, "node_modules")],
    },
    async () => {
      mkdirSync(folder, { recursive: true });
      for (const name of manifests) copyFileSync(join(source, name), join(folder, name));
      runTool([process.execPath, "install", "--frozen-lockfile", "--ignore-scripts"], {
        cwd: folder,
        failure: "Cannot install the clients for Node",
      });
    },
  );
  copyFileSync(join(source, program), join(folder, program));
  return ["node", join(folder, program)];
}
