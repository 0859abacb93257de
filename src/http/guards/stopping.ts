/** Turns new requests away while the server stops. */
import { Elysia } from "elysia";
import { type Lifecycle, serverStopping } from "../../jobs/lifecycle.ts";

/** Guards every route that is added after it. */
export function refuseWhileStopping(lifecycle: Lifecycle) {
  return new Elysia({ name: "stopping" }).onBeforeHandle({ as: "global" }, ({ set }) => {
    if (lifecycle.phase !== "stopping") return;
    // The next request is better off with a connection to whoever comes after.
    set.headers["connection"] = "close";
    throw serverStopping("take");
  });
}
