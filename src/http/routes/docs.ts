/**
 * GET /docs: sends the API page, which shows the OpenAPI document in Swagger UI. The page requires no key. It asks for
 * the key when the server requires one, because the document then requires it.
 */
import { sendAsset } from "../embedded-asset.ts";
import type { Plugin } from "../plugin.ts";
import { readRoute } from "./methods.ts";
import { contentTypes, htmlPage, pageFiles } from "./page-files.ts";

export function docsRoutes(): Plugin {
  const docs = readRoute("/docs", ({ request }) => sendAsset(request, page));
  return (app) => app.use(docs).use(pageFiles(files));
}

// --- internal ---

/** The styles of Swagger UI contain images. */
const page = htmlPage("page/docs.html", { policy: { "img-src": "'self' data:" } });

const files = {
  "page/docs.js": contentTypes.script,
  "page/docs.css": contentTypes.styles,
  "page/swagger-ui.js": contentTypes.script,
  "page/swagger-ui.css": contentTypes.styles,
};
