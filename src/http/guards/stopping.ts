/** Rejects new requests while the server stops. */
import { Elysia } from "elysia";
import { type Lifecycle, serverStopping } from "../../jobs/lifecycle.ts";

/** Protects all routes added after it. */
export function rejectWhileStopping(lifecycle: Lifecycle) {
  return new Elysia({ name: "stopping" }).onBeforeHandle({ as: "global" }, ({ set }) => {
    if (lifecycle.phase !== "stopping") return;
    // The client must open a new connection, which may reach the next server.
    set.headers["connection"] = "close";
    throw serverStopping("accept");
  });
}
