/** Sends the web page and its files. The routes require no key. The page asks for the key when a route requires one. */
import { Elysia } from "elysia";
import { type Asset, sendAsset } from "../embedded-asset.ts";
import { readRoute } from "./methods.ts";

/** Sends the page itself. Its policy allows only files and routes of this server, and no code in the page. */
export function sendPage(request: Request): Response {
  return sendAsset(request, page);
}

/** Creates the routes of the files that the page loads. */
export function pageFiles() {
  const routes = new Elysia({ name: "page-files" });
  for (const asset of files) {
    routes.use(readRoute(`/${asset.name}`, ({ request }) => sendAsset(request, asset)));
  }
  return routes;
}

// --- internal ---

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  // The page plays the file that the user chose, which has a blob: URL.
  "media-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

const page: Asset = {
  name: "page/index.html",
  contentType: "text/html; charset=utf-8",
  headers: {
    "content-security-policy": contentSecurityPolicy,
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    // The response of `/` depends on this header of the request.
    vary: "accept",
  },
};

const files: readonly Asset[] = [
  { name: "page/page.js", contentType: "text/javascript; charset=utf-8" },
  { name: "page/page.css", contentType: "text/css; charset=utf-8" },
  { name: "page/icon.svg", contentType: "image/svg+xml" },
].map((file) => ({ ...file, headers: { "cross-origin-resource-policy": "same-origin" } }));
