/** Describes the client in PHP: the extension curl, which most PHP programs use to send forms. */
import { join } from "node:path";
import type { Client } from "./client.ts";

const php = Bun.which("php");
const hasCurl =
  php !== null && Bun.spawnSync([php, "--re", "curl"], { stdout: "ignore" }).exitCode === 0;

export const phpCurl: Client = {
  name: "curl of PHP",
  // The extension has no error classes, so the program prints the status code instead.
  errorClass: "status 404",
  needs: [hasCurl ? "php" : "php with its extension curl"],
  install: () => Promise.resolve(["php", join(import.meta.dirname, "php", "curl_client.php")]),
};
