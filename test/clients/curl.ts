/** Describes the client curl. Its commands are those in docs/api.md. */
import { join } from "node:path";
import type { Client } from "./client.ts";

export const curl: Client = {
  name: "curl",
  // curl has no error classes. If the response is an error, curl exits with this code.
  errorClass: "exit code 22",
  needs: [],
  install: () => Promise.resolve([process.execPath, join(import.meta.dirname, "curl-client.ts")]),
};
