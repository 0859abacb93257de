/**
 * Creates the HTTP server. A request passes through these steps: request log -> host, CORS, origin, request limit ->
 * shutdown -> API key -> rate limit, queue, form to spool file -> transcriber -> format -> response.
 *
 * The services are arguments of `createServer`, so importing this file starts nothing.
 */
import { Elysia } from "elysia";
import type { Admission } from "../jobs/admission.ts";
import type { Config } from "../settings/config.ts";
import { access } from "./guards/request-log.ts";
import { admin } from "./routes/admin.ts";
import { auth } from "./guards/api-key.ts";
import { browsers } from "./guards/cors.ts";
import { answerErrors } from "./guards/errors.ts";
import { unknownRoute } from "./guards/unknown-route.ts";
import { health } from "./routes/health.ts";
import { checkHost } from "./guards/host.ts";
import { checkOrigin } from "./guards/origin.ts";
import { metricsRoute } from "./routes/metrics.ts";
import { aboutRoute } from "./routes/about.ts";
import { models } from "./routes/models.ts";
import { openapi } from "./routes/openapi.ts";
import { RateLimit } from "./guards/rate-limit.ts";
import { maxRequests } from "./guards/max-requests.ts";
import { rejectWhileStopping } from "./guards/stopping.ts";
import { allOf, noPlugin, type Plugin } from "./plugin.ts";
import { audioRoute, type AudioServices } from "./routes/audio.ts";
import { docsRoutes } from "./routes/docs.ts";
import { CompatibleApis } from "./compatible/index.ts";
import { openaiContract } from "./openai-contract.ts";
import type { Transcriber } from "../jobs/job.ts";
import type { Lifecycle } from "../jobs/lifecycle.ts";
import type { Rejoin } from "../jobs/rejoin.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Spool } from "../spool/spool.ts";

export interface ServerServices {
  readonly transcriber: Transcriber;
  readonly admission: Admission;
  readonly spool: Spool;
  readonly metrics: Metrics;
  readonly rejoin: Rejoin;
  readonly config: Config;
  readonly lifecycle: Lifecycle;
  readonly log: Log;
  readonly version: string;
  /** Whether the server listens on a loopback address. */
  readonly onLoopback: boolean;
}

/** Creates the server. The order of the plugins matters, because each guard protects only the routes added after it. */
export function createServer(services: ServerServices) {
  const { transcriber, metrics, config, lifecycle, log, version } = services;
  const { apiKeys, publicMetrics } = config;
  const apis = new CompatibleApis(config.compatibleApis);
  const audio = { ...services, rateLimit: new RateLimit(config.ratePerMinuteMax) };
  // Disables ahead-of-time compilation. This compilation reads the source text of the handlers, but a minified
  // executable does not contain the source text.
  const root = new Elysia({ name: "open-asr-server", aot: false });
  const findRoute = ({ method, url }: Request) => {
    const { pathname } = new URL(url);
    const routes = root.router.dynamic;
    return (routes.find(method, pathname) ?? routes.find("ALL", pathname))?.store.route;
  };
  return (
    root
      .use(access(log, metrics, findRoute))
      .onError(answerErrors(log, apis))
      .use(checkHost(services.onLoopback, config.allowedHosts))
      .use(browsers(config.corsOrigins))
      .use(checkOrigin(config.corsOrigins, apiKeys.length > 0))
      .use(maxRequests(config.requestsMax, unlimitedRoutes))
      // Passes the body on as a stream. Otherwise Elysia would read the whole form into memory and parse its fields as
      // JSON.
      .onParse(({ request }) => request.body)
      .use(aboutRoute({ version, page: config.page }))
      .use(config.page ? docsRoutes() : noPlugin)
      .use(health(version, lifecycle, transcriber))
      .use(publicMetrics ? metricsRoute(metrics) : noPlugin)
      .use(rejectWhileStopping(lifecycle))
      .use(admin(transcriber, { ...config, onLoopback: services.onLoopback }))
      .use(auth(apiKeys, apis))
      .use(publicMetrics ? noPlugin : metricsRoute(metrics))
      .use(openapi(version))
      .use(models(transcriber))
      .use(audioRoute(openaiContract("transcribe"), audio))
      .use(audioRoute(openaiContract("translate"), audio))
      .use(compatibleRoutes(apis, audio))
      .use(unknownRoute())
  );
}

// --- internal ---

/** Creates the routes of other servers' APIs. */
function compatibleRoutes({ list }: CompatibleApis, services: AudioServices): Plugin {
  const routes = list.flatMap(({ contracts }) =>
    contracts.map((contract) => audioRoute(contract, services)),
  );
  return allOf(routes);
}

/**
 * Paths to which the limit on requests does not apply, because health checks must get a response even when the limit is
 * reached.
 */
const unlimitedRoutes: ReadonlySet<string> = new Set(["/health", "/ready"]);
