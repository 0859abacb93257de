/**
 * Listens for connections and passes their requests to the server. Closes connections when the process runs out of file
 * descriptors.
 */
import type { Config } from "../settings/config.ts";
import type { Log } from "../log.ts";
import { canOpenFiles } from "../platform/open-files.ts";
import { withCanonicalUrl } from "./canonical-url.ts";
import { notePeer } from "./guards/client-address.ts";
import { answerUncaught } from "./guards/errors.ts";
import { onResponseEnd } from "./response-end.ts";

export interface Listener {
  readonly url: string;
  /** Number of requests whose response has not ended. */
  readonly requests: number;
  /** Closes all connections, including those with a running request. */
  stop(): Promise<void>;
}

export type ListenerOptions = Pick<Config, "host" | "port" | "connectionIdleS">;

interface RequestHandler {
  fetch(request: Request): Response | Promise<Response>;
}

/** Starts to listen. Throws the error of the system when the server cannot listen on the address. */
export function listen(server: RequestHandler, options: ListenerOptions, log: Log): Listener {
  return new HttpListener(server, options, log);
}

// --- internal ---

/** Time in milliseconds between two checks for free file descriptors while the server listens. */
const checkMs = 1000;
const pausedCheckMs = 100;
/** Number of file descriptors to keep free for the spool files of running requests and the pipes of a new runner. */
const filesFreeMin = 8;
/** Minimum time between two warnings, in milliseconds. */
const warnAgainMs = 60_000;

type BunServer = Bun.Server<undefined>;

class HttpListener implements Listener {
  readonly url: string;
  readonly #open: (port: number) => BunServer;
  readonly #port: number;
  readonly #log: Log;
  /** The server that accepts connections. Null while the listener is paused. */
  #current: BunServer | null;
  /** Servers that no longer accept connections but are still finishing their running requests. */
  readonly #closing = new Set<BunServer>();
  #timer: NodeJS.Timeout;
  #warnedMs = -Infinity;

  constructor(server: RequestHandler, options: ListenerOptions, log: Log) {
    this.#open = (port) => openServer(server, { ...options, port }, log);
    this.#log = log;
    const first = this.#open(options.port);
    this.#current = first;
    this.#port = first.port ?? options.port;
    this.url = first.url.origin;
    this.#timer = setTimeout(() => this.#check(), checkMs);
  }

  get requests(): number {
    return this.#servers().reduce((sum, { pendingRequests }) => sum + pendingRequests, 0);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await Promise.all(this.#servers().map((server) => server.stop(true)));
  }

  #servers(): BunServer[] {
    return this.#current === null ? [...this.#closing] : [this.#current, ...this.#closing];
  }

  #check(): void {
    if (this.#current === null) this.#resume();
    else if (!canOpenFiles(filesFreeMin)) this.#free(this.#current);
    this.#timer = setTimeout(() => this.#check(), this.#current === null ? pausedCheckMs : checkMs);
  }

  /**
   * Frees file descriptors. Bun accepts connections until no descriptor is left, and then loops at full CPU load.
   * Closing idle connections frees most descriptors. Connections that never sent a complete request stay open until the
   * idle timeout, so the server stops listening until enough descriptors are free. Running requests continue.
   */
  #free(full: BunServer): void {
    this.#warn();
    full.closeIdleConnections();
    if (canOpenFiles(filesFreeMin)) return;
    this.#current = null;
    this.#closing.add(full);
    void full.stop(false).then(() => this.#closing.delete(full));
  }

  #resume(): void {
    if (!canOpenFiles(2 * filesFreeMin)) return;
    try {
      this.#current = this.#open(this.#port);
    } catch (error) {
      this.#log.error("Cannot listen again; the server keeps trying", {
        cause: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #warn(): void {
    const nowMs = performance.now();
    if (nowMs - this.#warnedMs < warnAgainMs) return;
    this.#warnedMs = nowMs;
    this.#log.warn("Out of file descriptors: closing idle connections. Raise ulimit -n");
  }
}

function openServer(
  server: RequestHandler,
  { host, port, connectionIdleS }: ListenerOptions,
  log: Log,
): BunServer {
  return Bun.serve({
    hostname: host,
    port,
    async fetch(request, bun) {
      const routed = withCanonicalUrl(request);
      notePeer(routed, bun.requestIP(request)?.address ?? null);
      // Disables the idle timeout during a request, because a transcription may take longer than the longest timeout of
      // Bun. Other settings limit the time of a transcription.
      bun.timeout(request, 0);
      try {
        return await server.fetch(routed);
      } finally {
        onResponseEnd(routed, () => bun.timeout(request, connectionIdleS));
      }
    },
    error: answerUncaught(log),
    // With reusePort, a second server on the same port would receive some of the requests.
    reusePort: false,
    // Development mode would send error pages with stack traces.
    development: false,
    idleTimeout: connectionIdleS,
    // Turns off the limit of Bun on the size of a body. The limit in multipart.ts applies instead, because its error
    // message names the setting.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  });
}
