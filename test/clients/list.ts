/** Lists all clients that are tested: one list for each test command. */
import type { Client } from "./client.ts";
import { curl, whisperCppCurl } from "./curl.ts";
import { goOpenai, openaiGo } from "./go.ts";
import { jdkHttpClient, openaiJava } from "./java.ts";
import { azureNode, langchain, openaiNode, vercelAiSdk } from "./node.ts";
import { phpCurl } from "./php.ts";
import { azurePython, deepgramPython, litellm, openaiPython, whisperAsrPython } from "./python.ts";
import { asyncOpenai } from "./rust.ts";

/** Clients that `npm test` runs. */
export const quickClients: readonly Client[] = [
  openaiPython,
  openaiNode,
  curl,
  goOpenai,
  openaiJava,
  jdkHttpClient,
  phpCurl,
  whisperCppCurl,
  deepgramPython,
  azurePython,
  azureNode,
  whisperAsrPython,
];

/** Clients that only `npm run test:full` runs. Each of them takes up to a few minutes to install or compile. */
export const slowClients: readonly Client[] = [
  vercelAiSdk,
  langchain,
  litellm,
  openaiGo,
  asyncOpenai,
];
