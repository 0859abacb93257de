/** Sends an embedded file of the web page, or 304 if the browser has this version of the file. */
import { embeddedFiles } from "../platform/embedded.ts";

export interface Asset {
  /** Name of the embedded file. */
  readonly name: string;
  readonly contentType: string;
  /** Other headers of the response. */
  readonly headers?: Readonly<Record<string, string>>;
}

export function sendAsset({ headers: asked }: Request, { name, contentType, headers }: Asset) {
  const file = embeddedFiles(name);
  if (file === null) throw new Error(`This build does not contain ${name}: build it with build.ts`);
  const etag = `"${file.sha256}"`;
  const sent = {
    "cache-control": "no-cache",
    etag,
    "x-content-type-options": "nosniff",
    ...headers,
  };
  if (hasVersion(asked.get("if-none-match"), etag)) {
    return new Response(null, { status: 304, headers: sent });
  }
  return new Response(Bun.file(file.path), { headers: { ...sent, "content-type": contentType } });
}

// --- internal ---

/** Returns whether a version in the header If-None-Match is this one. Proxies that compress add the prefix `W/`. */
function hasVersion(asked: string | null, etag: string): boolean {
  const versions = (asked ?? "").split(",").map((version) => version.trim().replace(/^W\//, ""));
  return versions.some((version) => version === etag || version === "*");
}
