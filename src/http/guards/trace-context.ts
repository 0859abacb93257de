/** The header `traceparent` (W3C Trace Context): which trace of the operator's tracing a request is part of. */

/** Null when there is none, or one that is not as the standard has it. */
export function traceIdOf(request: Request): string | null {
  const [, traceId, parentId] =
    /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/.exec(
      request.headers.get("traceparent") ?? "",
    ) ?? [];
  return isSet(traceId) && isSet(parentId) ? traceId : null;
}

// --- internal ---

/** Ids of zeros alone mean that there is none. */
function isSet(id: string | undefined): id is string {
  return id !== undefined && /[^0]/.test(id);
}
