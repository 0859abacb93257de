/**
 * GET /: sends the web page to a browser. To a program, returns the name and version of this server, and the base URL
 * that clients need. The route requires no key.
 */
import { acceptsHtml } from "../accepts-html.ts";
import { baseUrl, ownOrigin } from "../base-url.ts";
import type { About } from "../schema.ts";
import { allOf, type Plugin } from "../plugin.ts";
import { readRoute } from "./methods.ts";
import { sendPage, webPageFiles } from "./page.ts";

export interface AboutOptions {
  readonly version: string;
  /** Whether the server has the web page. */
  readonly page: boolean;
}

export function aboutRoute({ version, page }: AboutOptions): Plugin {
  const about = readRoute("/", ({ request, set }): About | Response => {
    if (page && acceptsHtml(request.headers.get("accept"))) return sendPage(request);
    set.headers["vary"] = "accept";
    return {
      name: "open-asr-server",
      version,
      base_url: baseUrl(request),
      documentation: `${ownOrigin(request)}/openapi.json`,
    };
  });
  return page ? allOf([about, webPageFiles()]) : about;
}
