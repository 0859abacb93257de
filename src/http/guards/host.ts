/**
 * Rejects requests with an invalid Host header. When the server listens on loopback, also rejects the host names of
 * other machines, to prevent DNS rebinding. In this attack, a web page makes the name of its own host resolve to
 * 127.0.0.1, so that the browser treats this server as the same origin as the page.
 */
import { hostname } from "node:os";
import { AsrError } from "../../errors.ts";
import { ipVersion } from "../../platform/ip-address.ts";
import { isLoopback } from "../../platform/loopback.ts";
import type { Plugin } from "../plugin.ts";
import { hostName } from "./host-name.ts";

/** Creates the plugin that checks the Host header of requests to all routes. */
export function checkHost(onLoopback: boolean, allowedHosts: readonly string[]): Plugin {
  const names = new Set(
    ["localhost", hostname(), ...containerHostNames, ...allowedHosts].map((name) =>
      name.toLowerCase(),
    ),
  );
  return (app) =>
    app.onRequest(({ request }) => {
      const written = (request.headers.get("host") ?? "").trim().toLowerCase();
      if (!isHost(written)) {
        throw new AsrError(
          "invalid_request",
          "The Host header is invalid: expected a name or an address, optionally with a port",
        );
      }
      const name = hostName(written);
      const isOwn = names.has(name) || name.endsWith(".localhost") || isLoopback(name);
      if (!onLoopback || name === "" || isOwn) return;
      throw new AsrError(
        "host_not_allowed",
        "This server does not accept this host name, because it listens on a loopback address; use localhost, " +
          "or ask the operator to add the name to OPEN_ASR_SERVER_ALLOWED_HOSTS",
      );
    });
}

// --- internal ---

/**
 * Names that Docker and Podman give to this machine, so that containers can reach it. No public DNS zone contains these
 * names, so no web page can make them resolve to this server.
 */
const containerHostNames = [
  "host.docker.internal",
  "gateway.docker.internal",
  "host.containers.internal",
];

/**
 * Returns whether the value of a Host header is valid. An empty value is valid, because a request in HTTP/1.0 need not
 * have the header.
 */
function isHost(written: string): boolean {
  if (written === "" || ipVersion(written) === 6) return true;
  return !/[\s/?#@\\]/.test(written) && URL.canParse(`http://${written}`);
}
