/** CORS: web pages of the configured origins may read responses; browsers prevent this for pages of other origins. */
import { cors } from "@elysiajs/cors";
import { Elysia } from "elysia";

export function browsers(corsOrigins: readonly string[]) {
  if (corsOrigins.length === 0) return new Elysia({ name: "browsers" });
  return cors({
    aot: false,
    // Compare whole origins here. The plugin ignores the scheme, so `null` would also allow https://null.
    origin: corsOrigins.includes("*")
      ? "*"
      : (request) => corsOrigins.includes(request.headers.get("origin") ?? ""),
    methods: ["GET", "POST"],
    // OpenAI's clients send many additional headers, which change between versions. The wildcard covers all headers
    // except `authorization` (Fetch standard, "CORS-preflight fetch").
    allowedHeaders: ["*", "authorization"],
    exposeHeaders: ["openai-processing-ms", "retry-after", "x-request-id", "x-should-retry"],
    // The page sends the API key as a header. The server does not use cookies.
    credentials: false,
    maxAge: 600,
  });
}
