/** Describes the client curl. Its commands are those in docs/api.md and docs/clients.md. */
import { join } from "node:path";
import type { Client } from "./client.ts";

export const curl: Client = {
  name: "curl",
  // curl has no error classes. If the response is an error, curl exits with this code.
  errorClass: "exit code 22",
  needs: [],
  install: () => Promise.resolve([process.execPath, join(import.meta.dirname, "curl-client.ts")]),
};

/** whisper.cpp's server has no client of its own. Its documentation uses curl. */
export const whisperCppCurl: Client = {
  name: "curl for whisper.cpp",
  errorClass: "exit code 22",
  errorCode: /^Cannot find model "unknown-model"/,
  without: ["models"],
  needs: [],
  install: () =>
    Promise.resolve([process.execPath, join(import.meta.dirname, "whisper-cpp-client.ts")]),
};
