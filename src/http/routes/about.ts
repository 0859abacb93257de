/** GET /: what this server is, and the base URL that clients need. It needs no key. */
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
