/**
 * Limits the HTTP methods of a route. A route that supports GET also supports HEAD. For all other methods, the response
 * has status 405 and the header `allow`.
 */
import type { Context } from "elysia";
import { AsrError } from "../../errors.ts";
import type { Plugin } from "../plugin.ts";
import { pathOf } from "../guards/unknown-route.ts";

type Method = "GET" | "HEAD" | "POST" | "DELETE";

type Handler = (context: Context) => unknown;

interface RouteOptions {
  /** Throws an error if the request may not use the route. */
  readonly guard?: (context: Context) => void;
}

interface ReadOptions extends RouteOptions {
  /** Methods of all other routes on the same path. */
  readonly others?: readonly Method[];
}

/**
 * Creates a route for GET and HEAD. For HEAD, Bun sends the headers of the GET response, including the content length,
 * but no body.
 */
export function readRoute(path: string, handler: Handler, options: ReadOptions = {}): Plugin {
  const allowed = onlyMethods("GET", "HEAD", ...(options.others ?? []));
  const hook = hookOf(options);
  return (app) => {
    app.get(path, handler, hook).head(path, handler, hook).all(path, allowed, hook);
    return app;
  };
}

/** Creates a route for POST. */
export function postRoute(path: string, handler: Handler, options: RouteOptions = {}): Plugin {
  const hook = hookOf(options);
  return (app) => {
    app.post(path, handler, hook).all(path, onlyMethods("POST"), hook);
    return app;
  };
}

/** Creates a route for DELETE. The route for GET on the same path rejects the other methods. */
export function deleteRoute(path: string, handler: Handler, options: RouteOptions = {}): Plugin {
  return (app) => {
    app.delete(path, handler, hookOf(options));
    return app;
  };
}

// --- internal ---

function hookOf({ guard }: RouteOptions) {
  return guard === undefined ? {} : { beforeHandle: guard };
}

/** Creates a handler that rejects all methods that a path does not support. It must be added last. */
function onlyMethods(...allowed: readonly Method[]) {
  return ({ request, set }: Pick<Context, "request" | "set">) => {
    set.headers["allow"] = allowed.join(", ");
    const words = `Cannot ${request.method} ${pathOf(request)}: this path accepts only ${allowed.join(" and ")}`;
    throw new AsrError("method_not_allowed", words);
  };
}
