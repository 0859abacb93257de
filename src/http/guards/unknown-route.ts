/**
 * Responds to unknown paths with status 404. When the path belongs to the API of another server, the message contains
 * the URL to use on this server.
 */
import { AsrError } from "../../errors.ts";
import { baseUrl } from "../base-url.ts";
import type { Plugin } from "../plugin.ts";

/**
 * Creates the route for all paths that no other route handles. Add it last, so that the API key is checked before this
 * route.
 */
export function unknownRoute(): Plugin {
  return (app) => {
    app.all("/*", ({ request }) => {
      throw unknownRouteError(request);
    });
    return app;
  };
}

export function unknownRouteError(request: Request): AsrError {
  const path = pathOf(request);
  const base = baseUrl(request);
  const words = `Unknown route ${request.method} ${path}${ownerOf(path)}`;
  const hint = `${hintFor(path, base)}; GET /openapi.json lists all routes`;
  return new AsrError("unknown_route", `${words}. ${hint}`);
}

/** Returns the path of a request. Shortens a long path, because a URL may have thousands of characters. */
export function pathOf(request: Request): string {
  return new URL(request.url).pathname.slice(0, 200);
}

// --- internal ---

/**
 * Paths to which clients of other speech-to-text servers send audio. For such a path, the error message names the route
 * of this server that accepts audio.
 */
const otherServers: readonly (readonly [path: RegExp, server: string])[] = [
  [/^\/inference$/, "whisper.cpp's server"],
  [/^\/(?:asr|detect-language)$/, "whisper-asr-webservice"],
  [/^(?:\/v1)?\/listen$/, "Deepgram"],
  [/^(?:\/v2)?\/(?:transcript|upload)$/, "AssemblyAI"],
  [/^(?:\/v1)?\/speech-to-text$/, "ElevenLabs"],
  [/^(?:\/v[12])?\/.*speech:(?:long)?recognize$/i, "Google Cloud"],
  [/^\/openai\/deployments\/.*\/audio\/\w+$/, "Azure OpenAI"],
  [/^(?:\/v1)?\/(?:recognize|recognitions)$/, "IBM Watson"],
];

/**
 * Matches paths that clients probably use to send audio but that are not in `otherServers`. No list can contain all
 * such paths, because other servers do not share a common API.
 */
const transcribes =
  /\/(?:audio\/.*|transcri(?:be|ption|pt)s?|stt|speech-to-text|speech2text|recognize)$/i;

function otherServerOf(path: string): string | undefined {
  return otherServers.find(([pattern]) => pattern.test(path))?.[1];
}

function ownerOf(path: string): string {
  const server = otherServerOf(path);
  return server === undefined ? "" : `, a path of ${server}`;
}

function hintFor(path: string, base: string): string {
  // The path ends with the route but is not the route. Therefore the base URL of the client is wrong: it contains the
  // whole route, or a part that this server does not have.
  if (path.endsWith("/audio/transcriptions")) return `Set the base URL of the client to ${base}`;
  if (otherServerOf(path) !== undefined || transcribes.test(path)) {
    return `To transcribe, send the audio as form field \`file\` to POST ${base}/audio/transcriptions`;
  }
  return `The base URL of this server is ${base}`;
}
