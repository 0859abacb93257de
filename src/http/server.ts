/**
 * The HTTP server: request -> log -> host, number -> stopping? -> key -> rate, place, form to spool file -> transcriber
 * -> format -> response.
 * What it needs comes in as arguments; nothing runs at import.
 */
import { Elysia } from "elysia";
import type { Admission } from "../jobs/admission.ts";
import type { Config } from "../settings/config.ts";
import { access } from "./guards/request-log.ts";
import { auth } from "./guards/api-key.ts";
import { browsers } from "./guards/cors.ts";
import { notePeer } from "./guards/client-address.ts";
import { answerErrors, answerUnforeseen, unknownRoute } from "./guards/errors.ts";
import { health } from "./routes/health.ts";
import { checkHost } from "./guards/host.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { models } from "./routes/models.ts";
import { openapi } from "./routes/openapi.ts";
import { requestsAtOnce } from "./guards/max-requests.ts";
import { refuseWhileStopping } from "./guards/stopping.ts";
import { transcriptions } from "./routes/transcriptions.ts";
import type { Transcriber } from "../jobs/job.ts";
import type { Lifecycle } from "../jobs/lifecycle.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Spool } from "../spool/spool.ts";

export interface ServerServices {
  readonly transcriber: Transcriber;
  readonly admission: Admission;
  readonly spool: Spool;
  readonly metrics: Metrics;
  readonly config: Config;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
  readonly version: string;
  /** It listens on a loopback address. */
  readonly onLoopback: boolean;
}

/** The routes in the order of a request; what guards them guards those that come after it. */
export function createServer(services: ServerServices) {
  const { transcriber, metrics, config, lifecycle, log, version } = services;
  const { apiKeys, publicMetrics } = config;
  const nothing = new Elysia();
  // Not compiled ahead: that reads the source text of handlers, which a minified executable lacks.
  return (
    new Elysia({ name: "open-asr-server", aot: false })
      .use(access(log, metrics))
      .onError(answerErrors(log))
      .use(checkHost(services.onLoopback, config.allowedHosts))
      .use(requestsAtOnce(config.requestsMax, withoutLimit))
      .use(browsers(config.corsOrigins))
      // Bodies stay streams: Elysia would hold a form in memory and read JSON out of its fields.
      .onParse(({ request }) => request.body)
      .use(health(version, lifecycle, transcriber))
      .use(publicMetrics ? metricsRoute(metrics) : nothing)
      .use(refuseWhileStopping(lifecycle))
      .use(auth(apiKeys))
      .use(publicMetrics ? nothing : metricsRoute(metrics))
      .use(openapi(version))
      .use(models(transcriber))
      .use(transcriptions(services))
      .use(unknownRoute())
  );
}

export interface Listener {
  readonly url: string;
  /** Requests that have not been answered in full. */
  readonly requests: number;
  /** Closes every connection, those that wait for an answer too. */
  stop(): Promise<void>;
}

/** Throws what the system says when the address cannot be had. */
export function listen(
  server: Pick<ReturnType<typeof createServer>, "fetch">,
  { host, port, connectionIdleS }: Pick<Config, "host" | "port" | "connectionIdleS">,
  log: Log,
): Listener {
  const listener = Bun.serve({
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
        bun.timeout(request, connectionIdleS);
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
  return {
    url: listener.url.origin,
    get requests() {
      return listener.pendingRequests;
    },
    stop: () => listener.stop(true),
  };
}

// --- internal ---

/** Whoever watches over the server must hear from it when it is full, too. */
const withoutLimit: ReadonlySet<string> = new Set(["/health", "/ready"]);

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
