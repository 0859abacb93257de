/**
 * Limits the HTTP methods of a route. A route that supports GET also supports HEAD. For all other methods, the response
 * has status 405 and the header `allow`.
 */
import { type Context, Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import { pathOf } from "../guards/unknown-route.ts";

type Method = "GET" | "HEAD" | "POST" | "DELETE";

/**
 * Creates a route for GET and HEAD. For HEAD, Bun sends the headers of the GET response, including the content length,
 * but no body. `others` contains the methods of all other routes on the same path.
 */
export function readRoute(
  path: string,
  handler: (context: Context) => unknown,
  others: readonly Method[] = [],
) {
  const allowed = onlyMethods("GET", "HEAD", ...others);
  return new Elysia().get(path, handler).head(path, handler).all(path, allowed);
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
