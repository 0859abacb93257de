/** Sends a request to each route of another server's API, for tests that apply to all of these routes. */
import type { Transcript } from "../../../src/transcript/transcript.ts";
import { audio, formOf, type openApp, transcript } from "../app.ts";

type App = ReturnType<typeof openApp>;

export interface RouteRequest {
  /** Name of the API, as in the setting. */
  readonly api: string;
  readonly path: string;
  readonly query?: string;
  /** Header with which clients of the API send a key. */
  readonly keyHeader: readonly [name: string, prefix: string];
  /** Returns the body for a file with this content. */
  readonly body: (content?: string) => NonNullable<RequestInit["body"]>;
  /** Returns the message in a response with an error. Throws if the response has not exactly the format of the API. */
  readonly messageOf: (body: unknown) => string;
}

export const routes: readonly RouteRequest[] = [
  {
    api: "whisper.cpp",
    path: "/inference",
    keyHeader: ["authorization", "Bearer "],
    body: (content) => formOf({ file: audio(content) }),
    messageOf: (body) => textIn(only(body, "error"), "error"),
  },
  {
    api: "deepgram",
    path: "/v1/listen",
    keyHeader: ["authorization", "Token "],
    body: (content) => audio(content),
    messageOf(body) {
      const members = only(body, "err_code", "err_msg", "request_id");
      textIn(members, "err_code");
      textIn(members, "request_id");
      return textIn(members, "err_msg");
    },
  },
  ...["transcriptions", "translations"].map((resource) => ({
    api: "azure",
    path: `/openai/deployments/base/audio/${resource}`,
    query: "?api-version=2024-10-21",
    keyHeader: ["api-key", ""] as const,
    body: (content?: string) => formOf({ file: audio(content) }),
    messageOf: (body: unknown) => {
      const { error } = only(body, "error");
      const members = only(error, "code", "message", "type", "param");
      textIn(members, "code");
      return textIn(members, "message");
    },
  })),
  {
    api: "whisper-asr",
    path: "/asr",
    keyHeader: ["authorization", "Bearer "],
    body: (content) => formOf({ audio_file: audio(content) }),
    messageOf(body) {
      const { detail } = only(body, "detail");
      if (!Array.isArray(detail)) return textIn({ detail }, "detail");
      const members = only(detail[0], "type", "loc", "msg");
      return textIn(members, "msg");
    },
  },
];

/** Sends a request to a route. `more` is added to the query. */
export function ask(
  app: App,
  { path, query = "", body }: RouteRequest,
  init: RequestInit = {},
  more = "",
): Promise<Response> {
  const url =
    path +
    [query, more]
      .filter((part) => part !== "")
      .join("&")
      .replace(/^(?!\?)(?=.)/, "?");
  return Promise.resolve(app.send(url, { method: "POST", body: body(), ...init }));
}

/** A transcript with two segments and their words. */
export const twoSegments: Transcript = {
  ...transcript,
  text: "Hello, world. Good-bye!",
  durationS: 4.5004,
  segments: [
    {
      ...transcript.segments[0]!,
      id: 0,
      startS: 0,
      endS: 1.5,
      text: " Hello, world.",
      avgLogprob: -0.1,
    },
    {
      ...transcript.segments[0]!,
      id: 1,
      startS: 2,
      endS: 3,
      text: " Good-bye!",
      tokens: [1],
      avgLogprob: -0.5,
    },
  ],
  words: [
    { text: " Hello,", startS: 0, endS: 0.5 },
    { text: " world.", startS: 0.6, endS: 1.6 },
    { text: " Good-bye!", startS: 2.0005, endS: 3 },
  ],
};

// --- internal ---

/** Returns the members of an object. Throws if it has other members. */
function only(value: unknown, ...names: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw new Error(`no object: ${String(value)}`);
  const found = Object.keys(value);
  if (found.toSorted().join() !== [...names].toSorted().join()) {
    throw new Error(`expected the members ${names.join()}, found ${found.join()}`);
  }
  return value as Record<string, unknown>;
}

function textIn(members: Record<string, unknown>, name: string): string {
  const value = members[name];
  if (typeof value !== "string" || value === "") throw new Error(`${name} is no text`);
  return value;
}
