/**
 * GET /docs: sends the API page, which shows the OpenAPI document in Swagger UI. The page requires no key. It asks for
 * the key when the server requires one, because the document then requires it.
 */
import { Elysia } from "elysia";
import { type Asset, sendAsset } from "../embedded-asset.ts";
import { readRoute } from "./methods.ts";

export function docsRoutes() {
  const routes = new Elysia({ name: "docs" });
  routes.use(readRoute("/docs", ({ request }) => sendAsset(request, page)));
  for (const asset of files) {
    routes.use(readRoute(`/${asset.name}`, ({ request }) => sendAsset(request, asset)));
  }
  return routes;
}

// --- internal ---

/** The policy allows only files and routes of this server. The styles of Swagger UI contain images. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const page: Asset = {
  name: "page/docs.html",
  contentType: "text/html; charset=utf-8",
  headers: {
    "content-security-policy": contentSecurityPolicy,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
  },
};

const files: readonly Asset[] = [
  { name: "page/docs.js", contentType: "text/javascript; charset=utf-8" },
  { name: "page/docs.css", contentType: "text/css; charset=utf-8" },
  { name: "page/swagger-ui.js", contentType: "text/javascript; charset=utf-8" },
  { name: "page/swagger-ui.css", contentType: "text/css; charset=utf-8" },
].map((file) => ({ ...file, headers: { "cross-origin-resource-policy": "same-origin" } }));
