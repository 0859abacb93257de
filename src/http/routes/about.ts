/**
 * GET /: returns the name and version of this server, and the base URL that clients need. The route requires no key.
 */
import { Elysia } from "elysia";
import { baseUrl, ownOrigin } from "../base-url.ts";
import type { About } from "../schema.ts";
import { readRoute } from "./methods.ts";

export function aboutRoute(version: string) {
  return new Elysia({ name: "about" }).use(
    readRoute("/", ({ request }): About => ({
      name: "open-asr-server",
      version,
      base_url: baseUrl(request),
      documentation: `${ownOrigin(request)}/openapi.json`,
    })),
  );
}
