/** Mutations of src/http/. */
import type { Mutation } from "./list.ts";

const canonicalUrl: readonly string[] = ["test/http/canonical-url.test.ts"];

export const httpMutations: readonly Mutation[] = [
  {
    file: "src/http/canonical-url.ts",
    breaks: "repeated slashes are removed",
    from: '.filter((segment) => segment !== "")',
    to: ".slice(1)",
    suites: canonicalUrl,
  },
  {
    file: "src/http/canonical-url.ts",
    breaks: "a path under /health is not /health",
    from: "ownRoutes.has(resource) && rest.length === 0",
    to: "ownRoutes.has(resource)",
    suites: canonicalUrl,
  },
  {
    file: "src/http/canonical-url.ts",
    breaks: "the prefix /openai belongs to the base URL",
    from: 'segments[0] === "openai" ? 1 : 0',
    to: "0",
    suites: canonicalUrl,
  },
];
