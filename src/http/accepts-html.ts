/** Decides whether a client of `/` is a browser that shows a page, or a program that reads JSON. */

/**
 * Returns whether the header names `text/html`, and does not prefer `application/json` to it. A wildcard does not
 * count, because programs such as curl send it.
 */
export function acceptsHtml(accept: string | null): boolean {
  const html = qualityOf("text/html", accept ?? "");
  return html > 0 && html >= qualityOf("application/json", accept ?? "");
}

// --- internal ---

/** Returns the quality value of a media type (RFC 9110, section 12.5.1), or 0 if the header does not name the type. */
function qualityOf(type: string, accept: string): number {
  for (const range of accept.toLowerCase().split(",")) {
    const [name, ...parameters] = range.split(";").map((part) => part.trim());
    if (name !== type) continue;
    const quality = parameters.find((parameter) => parameter.startsWith("q="));
    const value = quality === undefined ? 1 : Number(quality.slice(2));
    return value >= 0 && value <= 1 ? value : 0;
  }
  return 0;
}
