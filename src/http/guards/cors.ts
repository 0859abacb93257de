/**
 * Sets the CORS headers. They allow web pages of the configured origins to read responses. Browsers do not let pages of
 * other origins read responses.
 */
import { cors } from "@elysiajs/cors";
import { noPlugin } from "../plugin.ts";

export function browsers(corsOrigins: readonly string[]) {
  if (corsOrigins.length === 0) return noPlugin;
  return cors({
    aot: false,
    // Compares complete origins. The comparison of the plugin ignores the scheme, so the origin `null` would also allow
    // https://null.
    origin: corsOrigins.includes("*")
      ? "*"
      : (request) => corsOrigins.includes(request.headers.get("origin") ?? ""),
    methods: ["GET", "POST"],
    // OpenAI's clients send many additional headers, which change between versions. The wildcard allows all headers
    // except `authorization` (Fetch standard, "CORS-preflight fetch").
    allowedHeaders: ["*", "authorization"],
    exposeHeaders: ["openai-processing-ms", "retry-after", "x-request-id", "x-should-retry"],
    // The value is false, because web pages send the API key in a header and the server does not use cookies.
    credentials: false,
    maxAge: 600,
  });
}
