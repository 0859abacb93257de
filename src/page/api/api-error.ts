/** Defines the error of a request to the server. */

export class ApiError extends Error {
  /** HTTP status of the response, or 0 if there was no response. */
  readonly status: number;
  /** Seconds after which the same request may succeed. Null if it will not. */
  readonly retryAfterS: number | null;

  constructor(message: string, status: number, retryAfterS: number | null = null) {
    super(message);
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

/** Returns the error for a connection that failed or was cut. */
export function unreachable(): ApiError {
  return new ApiError(
    "The connection to the server ended. Check that the server is running, then try again.",
    0,
  );
}

/** Returns the error for a successful response that is not a transcript, for example the login page of a proxy. */
export function unreadable(): ApiError {
  return new ApiError(
    "The answer is not from the transcription server. Reload the page, then try again.",
    200,
  );
}

/** Returns the text of an error for the user. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Returns the error of an error response. `header` reads a header of the response. */
export function errorOf(
  status: number,
  body: string,
  header: (name: string) => string | null,
): ApiError {
  const mayRetry = header("x-should-retry") === "true";
  const retryAfterS = Number(header("retry-after") ?? Number.NaN);
  return new ApiError(
    messageIn(body) ?? `The server answered with status ${status}.`,
    status,
    mayRetry && Number.isFinite(retryAfterS) ? retryAfterS : null,
  );
}

/** Returns the error of an event, or null if the event is no error. */
export function errorEvent(event: unknown): ApiError | null {
  const message = messageOf(event);
  return message === null ? null : new ApiError(message, 200);
}

// --- internal ---

function messageIn(body: string): string | null {
  try {
    return messageOf(JSON.parse(body));
  } catch {
    // A proxy can answer with a page instead of JSON.
    return null;
  }
}

/** Returns the message of an error in OpenAI's format, or null if `value` is something else. */
function messageOf(value: unknown): string | null {
  const message = (value as { error?: { message?: unknown } } | null)?.error?.message;
  return typeof message === "string" ? message : null;
}
