/** Listens for connections and hands their requests to the server; frees connections when file descriptors run out. */
import type { Config } from "../settings/config.ts";
import type { Log } from "../log.ts";
import { canOpenFiles } from "../platform/open-files.ts";
import { notePeer } from "./guards/client-address.ts";
import { answerUnforeseen } from "./guards/errors.ts";
import { onResponseEnd } from "./response-end.ts";

export interface Listener {
  readonly url: string;
  /** Requests that have not been answered in full. */
  readonly requests: number;
  /** Closes every connection, those that wait for an answer too. */
  stop(): Promise<void>;
}

export type ListenerOptions = Pick<Config, "host" | "port" | "connectionIdleS">;

interface RequestHandler {
  fetch(request: Request): Response | Promise<Response>;
}

/** Throws what the system says when the address cannot be had. */
export function listen(server: RequestHandler, options: ListenerOptions, log: Log): Listener {
  return new HttpListener(server, options, log);
}

// --- internal ---

/** How often the listener looks for free descriptors, and how often while it does not listen. */
const checkMs = 1000;
const pausedCheckMs = 100;
/** Descriptors that must be free: for spool files of running requests and for the pipes of a new runner. */
const filesFreeMin = 8;
/** A shortage is logged again after this time. */
const warnAgainMs = 60_000;

type BunServer = Bun.Server<undefined>;

class HttpListener implements Listener {
  readonly url: string;
  readonly #open: (port: number) => BunServer;
  readonly #port: number;
  readonly #log: Log;
  /** Null while it does not listen. */
  #current: BunServer | null;
  /** Listen no more, and answer their last requests. */
  readonly #earlier = new Set<BunServer>();
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
    return this.#current === null ? [...this.#earlier] : [this.#current, ...this.#earlier];
  }

  #check(): void {
    if (this.#current === null) this.#resume();
    else if (!canOpenFiles(filesFreeMin)) this.#free(this.#current);
    this.#timer = setTimeout(() => this.#check(), this.#current === null ? pausedCheckMs : checkMs);
  }

  /**
   * Bun accepts connections as long as it has descriptors for them, and spins on the next one when it has none. Closing
   * idle connections frees most. Connections that never sent a whole request stay open until their idle time is over,
   * so meanwhile the server does not listen. It answers its running requests all the same.
   */
  #free(full: BunServer): void {
    this.#warn();
    full.closeIdleConnections();
    if (canOpenFiles(filesFreeMin)) return;
    this.#current = null;
    this.#earlier.add(full);
    void full.stop(false).then(() => this.#earlier.delete(full));
  }

  #resume(): void {
    if (!canOpenFiles(2 * filesFreeMin)) return;
    try {
      this.#current = this.#open(this.#port);
    } catch (error) {
      this.#log.error("Cannot listen again; trying on", {
        cause: error instanceof Error ? error.message : String(error),
      });
    }
  }

  #warn(): void {
    const nowMs = performance.now();
    if (nowMs - this.#warnedMs < warnAgainMs) return;
    this.#warnedMs = nowMs;
    this.#log.warn("Out of file descriptors: closing idle connections; raise ulimit -n");
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
      const routed = withLongHost(request);
      notePeer(routed, bun.requestIP(request)?.address ?? null);
      // A transcription may take longer than any time that could be set here; its own limits are in the settings.
      bun.timeout(request, 0);
      try {
        return await server.fetch(routed);
      } finally {
        onResponseEnd(routed, () => bun.timeout(request, connectionIdleS));
      }
    },
    error: answerUnforeseen(log),
    // Two servers on one port would each get some of the requests.
    reusePort: false,
    // Error pages with stack traces are for nobody.
    development: false,
    idleTimeout: connectionIdleS,
    // The form's reader has the limit, and says which setting it is.
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  });
}

/**
 * Elysia looks for the path from the URL's 12th character on, so that a host of less than four, as in
 * http://asr/v1/models, would swallow it; and without a host, or with one that is none, the URL is no URL.
 * No route looks at the host there; the guard reads the header.
 */
function withLongHost(request: Request): Request {
  const host = URL.parse(request.url)?.host ?? "";
  if (host.length >= 4) return request;
  const path = request.url.replace(/^https?:\/\/[^/?#]*/i, "");
  return new Request(`http://localhost${path}`, request);
}
