/** Builds the HTTP server of the commands `serve` and `bench`, and the services that the HTTP server needs. */
import { version } from "../../package.json";
import { createServer, type ServerServices } from "../http/server.ts";
import { Admission } from "../jobs/admission.ts";
import { Rejoin } from "../jobs/rejoin.ts";
import { Metrics } from "../metrics.ts";

type Services = Omit<ServerServices, "admission" | "rejoin" | "metrics" | "version">;

export function buildHttpServer(services: Services) {
  const { transcriber, spool, config, lifecycle, log } = services;
  const admission = new Admission({
    lanes: () => transcriber.lanes(),
    waitingMax: config.queueJobsMax,
    uploadsMax: config.uploadsMax,
  });
  const rejoin = new Rejoin({ ...config, admission, lifecycle, log });
  const metrics = new Metrics({ admission, spool, transcriber, rejoin });
  return createServer({ ...services, admission, rejoin, metrics, version });
}
