/** Sends the web page and its files. The page asks for the key when a route requires one. */
import { sendAsset } from "../embedded-asset.ts";
import { contentTypes, htmlPage, pageFiles } from "./page-files.ts";

/** Sends the page itself. */
export function sendPage(request: Request): Response {
  return sendAsset(request, page);
}

/** Creates the routes of the files that the page loads. */
export function webPageFiles() {
  return pageFiles(files);
}

// --- internal ---

const page = htmlPage("page/index.html", {
  policy: {
    // The page plays the file that the user chose, which has a blob: URL.
    "media-src": "blob:",
    "require-trusted-types-for": "'script'",
  },
  // The response of `/` depends on this header of the request.
  headers: { vary: "accept" },
});

const files = {
  "page/page.js": contentTypes.script,
  "page/page.css": contentTypes.styles,
  "page/icon.svg": contentTypes.svg,
};
