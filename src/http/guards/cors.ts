/** Lets web pages of the origins that the operator named read the answers; without any, browsers let none. */
import { cors } from "@elysiajs/cors";
import { Elysia } from "elysia";

export function browsers(corsOrigins: readonly string[]) {
  if (corsOrigins.length === 0) return new Elysia({ name: "browsers" });
  return cors({
    aot: false,
    // The plugin's own comparison leaves out schemes: `null` would allow https://null.
    origin: corsOrigins.includes("*")
      ? "*"
      : (request) => corsOrigins.includes(request.headers.get("origin") ?? ""),
    methods: ["GET", "POST"],
    // OpenAI's clients send a dozen of their own, which change with their versions. The wildcard means every header but
    // this one (Fetch standard, "CORS-preflight fetch").
    allowedHeaders: ["*", "authorization"],
    exposeHeaders: ["retry-after", "x-request-id", "x-should-retry"],
    // A key is a header that the page sends itself; cookies mean nothing here.
    credentials: false,
    maxAge: 600,
  });
}
