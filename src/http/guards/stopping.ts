/** Rejects new requests while the server stops. */
import { type Lifecycle, serverStopping } from "../../jobs/lifecycle.ts";
import type { Plugin } from "../plugin.ts";

/** Creates a plugin that protects all routes added after it. */
export function rejectWhileStopping(lifecycle: Lifecycle): Plugin {
  return (app) =>
    app.onBeforeHandle(({ set }) => {
      if (lifecycle.phase !== "stopping") return;
      // Makes the client open a new connection for its next request. The new connection may reach another server.
      set.headers["connection"] = "close";
      throw serverStopping("accept");
    });
}
