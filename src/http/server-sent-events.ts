/** Defines the format of server-sent events for all routes that stream events. */

/** Headers of a response that streams events. */
export const eventHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  // Without this header, nginx buffers the events.
  "x-accel-buffering": "no",
} as const;

/** Returns the text of one event: one `data:` line with JSON. */
export function eventText(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

/** A comment, which clients ignore. The server sends it to keep a connection without events open. */
export const eventComment = ": ping\n\n";
