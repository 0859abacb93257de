/** Reads the trace id from the header `traceparent` (W3C Trace Context). */

/** Returns the trace id of a request. Null when the header is missing or invalid. */
export function traceIdOf(request: Request): string | null {
  const [, traceId, parentId] =
    /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/.exec(
      request.headers.get("traceparent") ?? "",
    ) ?? [];
  return isSet(traceId) && isSet(parentId) ? traceId : null;
}

// --- internal ---

/**
 * Returns whether the id is present and valid. According to the W3C standard, an id that consists only of zeros is
 * invalid.
 */
function isSet(id: string | undefined): id is string {
  return id !== undefined && /[^0]/.test(id);
}
