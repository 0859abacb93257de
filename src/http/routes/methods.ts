/**
 * Limits the HTTP methods of a route. A route that supports GET also supports HEAD. For all other methods, the response
 * has status 405 and the header `allow`.
 */
import type { Context, Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import { pathOf } from "../guards/unknown-route.ts";

type Method = "GET" | "HEAD" | "POST" | "DELETE";

/** Adds routes to a server. A new Elysia for each route would take most of the time of a start. */
export type Routes = (app: Elysia) => Elysia;

/** Adds several routes. */
export function inOrder(routes: readonly Routes[]): Routes {
  return (app) => routes.reduce((extended, add) => extended.use(add), app);
}

/**
 * Creates a route for GET and HEAD. For HEAD, Bun sends the headers of the GET response, including the content length,
 * but no body. `others` contains the methods of all other routes on the same path.
 */
export function readRoute(
  path: string,
  handler: (context: Context) => unknown,
  others: readonly Method[] = [],
): Routes {
  const allowed = onlyMethods("GET", "HEAD", ...others);
  return (app) => {
    app.get(path, handler).head(path, handler).all(path, allowed);
    return app;
  };
}

/** Creates a route for POST. */
export function postRoute(path: string, handler: (context: Context) => unknown): Routes {
  return (app) => {
    app.post(path, handler).all(path, onlyMethods("POST"));
    return app;
  };
}

/**
 * Creates a handler that rejects all methods that a path does not support. Add it last: `.all(path,
 * onlyMethods("POST"))`.
 */
export function onlyMethods(...allowed: readonly Method[]) {
  return ({ request, set }: Pick<Context, "request" | "set">) => {
    set.headers["allow"] = allowed.join(", ");
    const words = `Cannot ${request.method} ${pathOf(request)}: this path accepts only ${allowed.join(" and ")}`;
    throw new AsrError("method_not_allowed", words);
  };
}
