/** GET /metrics: returns the metrics in the format of Prometheus. */
import type { Metrics } from "../../metrics.ts";
import { readRoute } from "./methods.ts";

export function metricsRoute(metrics: Metrics) {
  return readRoute("/metrics", async ({ set }) => {
    set.headers["content-type"] = metrics.contentType;
    return metrics.text();
  });
}
