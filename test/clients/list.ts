/** All clients that are tried, by the command that tries them. */
import type { Client } from "./client.ts";
import { curl } from "./curl.ts";
import { goOpenai, openaiGo } from "./go.ts";
import { jdkHttpClient, openaiJava } from "./java.ts";
import { langchain, openaiNode, vercelAiSdk } from "./node.ts";
import { litellm, openaiPython } from "./python.ts";
import { asyncOpenai } from "./rust.ts";

/** Clients of `npm test`. */
export const quickClients: readonly Client[] = [
  openaiPython,
  openaiNode,
  curl,
  goOpenai,
  openaiJava,
  jdkHttpClient,
];

/** Clients of `npm run test:full` only: each takes up to some minutes to install or compile. */
export const slowClients: readonly Client[] = [
  vercelAiSdk,
  langchain,
  litellm,
  openaiGo,
  asyncOpenai,
];
