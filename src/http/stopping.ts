/** Turns new requests away while the server stops. */
import { Elysia } from "elysia";
import { AsrError } from "../errors.ts";
import type { Lifecycle } from "../lifecycle.ts";

/** When to come back: another server may be in its place by then. */
const restartS = 5;

/** Guards every route that is added after it. */
export function refuseWhileStopping(lifecycle: Lifecycle) {
  return new Elysia({ name: "stopping" }).onBeforeHandle({ as: "global" }, ({ set }) => {
    if (lifecycle.phase !== "stopping") return;
    // The next request is better off with a connection to whoever comes after.
    set.headers["connection"] = "close";
    throw new AsrError("server_stopping", "Cannot take the request: the server stops", {
      retryAfterS: restartS,
    });
  });
}
