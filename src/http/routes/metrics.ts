/** GET /metrics, for Prometheus. */
import { Elysia } from "elysia";
import type { Metrics } from "../../metrics.ts";
import { onlyMethod } from "../guards/errors.ts";

export function metricsRoute(metrics: Metrics) {
  return new Elysia({ name: "metrics" })
    .get("/metrics", async ({ set }) => {
      set.headers["content-type"] = metrics.contentType;
      return metrics.text();
    })
    .all("/metrics", onlyMethod("GET"));
}
