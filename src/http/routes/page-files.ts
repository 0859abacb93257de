/** Describes and sends the files of the web page and of the API page. Their routes require no key. */
import { type Asset, sendAsset } from "../embedded-asset.ts";
import { allOf, type Plugin } from "../plugin.ts";
import { readRoute } from "./methods.ts";

export interface PageOptions {
  /** Directives of the Content-Security-Policy that differ from `usualPolicy` or are not in it. */
  readonly policy: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Describes a page. Its policy allows only files and routes of this server, and no code in the page. */
export function htmlPage(name: string, { policy, headers }: PageOptions): Asset {
  const directives = Object.entries({ ...usualPolicy, ...policy });
  return {
    name,
    contentType: "text/html; charset=utf-8",
    headers: {
      "content-security-policy": directives.map((directive) => directive.join(" ")).join("; "),
      "cross-origin-opener-policy": "same-origin",
      "referrer-policy": "no-referrer",
      ...headers,
    },
  };
}

/** Creates the routes of the files that a page loads. `files` maps the name of each file to its content type. */
export function pageFiles(files: Readonly<Record<string, string>>): Plugin {
  const headers = { "cross-origin-resource-policy": "same-origin" };
  const routes = Object.entries(files).map(([name, contentType]) => {
    const asset = { name, contentType, headers };
    return readRoute(`/${name}`, ({ request }) => sendAsset(request, asset));
  });
  return allOf(routes);
}

export const contentTypes = {
  script: "text/javascript; charset=utf-8",
  styles: "text/css; charset=utf-8",
  svg: "image/svg+xml",
} as const;

// --- internal ---

const usualPolicy: Readonly<Record<string, string>> = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self'",
  "connect-src": "'self'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
};
