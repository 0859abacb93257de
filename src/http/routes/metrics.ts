/** GET /metrics: returns the metrics in the format of Prometheus. */
import { Elysia } from "elysia";
import type { Metrics } from "../../metrics.ts";
import { readRoute } from "./methods.ts";

export function metricsRoute(metrics: Metrics) {
  return new Elysia({ name: "metrics" }).use(
    readRoute("/metrics", async ({ set }) => {
      set.headers["content-type"] = metrics.contentType;
      return metrics.text();
    }),
  );
}
