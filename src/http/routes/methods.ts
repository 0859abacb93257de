/** The methods of a route: HEAD where GET works, and 405 with the header `allow` for all other methods. */
import { type Context, Elysia } from "elysia";
import { AsrError } from "../../errors.ts";
import { pathOf } from "../guards/unknown-route.ts";

type Method = "GET" | "HEAD" | "POST" | "DELETE";

/**
 * A route that only reads. Bun sends the response of HEAD without its body, with the length that GET would have. `others`:
 * the methods of this path that other routes answer.
 */
export function readRoute(
  path: string,
  handler: (context: Context) => unknown,
  others: readonly Method[] = [],
) {
  const allowed = onlyMethods("GET", "HEAD", ...others);
  return new Elysia().get(path, handler).head(path, handler).all(path, allowed);
}

/** Rejects all other methods on a path. Add it last: `.all(path, onlyMethods("POST"))`. */
export function onlyMethods(...allowed: readonly Method[]) {
  return ({ request, set }: Pick<Context, "request" | "set">) => {
    set.headers["allow"] = allowed.join(", ");
    const words = `Cannot ${request.method} ${pathOf(request)}: this path accepts only ${allowed.join(" and ")}`;
    throw new AsrError("method_not_allowed", words);
  };
}
