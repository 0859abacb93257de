/** Rejects new requests while the server stops. */
import { Elysia } from "elysia";
import { type Lifecycle, serverStopping } from "../../jobs/lifecycle.ts";

/** Creates a plugin that protects all routes added after it. */
export function rejectWhileStopping(lifecycle: Lifecycle) {
  return new Elysia({ name: "stopping" }).onBeforeHandle({ as: "global" }, ({ set }) => {
    if (lifecycle.phase !== "stopping") return;
    // Makes the client open a new connection for its next request. The new connection may reach another server.
    set.headers["connection"] = "close";
    throw serverStopping("accept");
  });
}
