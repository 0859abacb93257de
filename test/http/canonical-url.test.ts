import { describe, expect, test } from "bun:test";
import { canonicalPath, withCanonicalUrl } from "../../src/http/canonical-url.ts";

describe("canonicalPath()", () => {
  test.each([
    ["/", "/"],
    ["", "/"],
    ["//", "/"],
    ["/v1", "/"],
    ["/openai/v1/", "/"],
    ["/models", "/v1/models"],
    ["/v1/v1/models", "/v1/models"],
    ["//v1//models//", "/v1/models"],
    ["/openai/models", "/v1/models"],
    ["/openai/v1/audio/transcriptions", "/v1/audio/transcriptions"],
    ["/audio/transcriptions/", "/v1/audio/transcriptions"],
    ["/v1/health", "/health"],
    ["/admin/models/load", "/v1/admin/models/load"],
    ["/openai//v1/v1/admin/models/load/", "/v1/admin/models/load"],
    ["/health/", "/health"],
    ["/listen", "/v1/listen"],
    ["/v1/v1/listen", "/v1/listen"],
    ["/v1/inference", "/inference"],
    ["//asr/", "/asr"],
    ["/openai/deployments/v1/audio/transcriptions", "/openai/deployments/v1/audio/transcriptions"],
    ["/v1/models/openai/v1/models", "/v1/models/openai/v1/models"],
    ["/v1/models/a%2Fb", "/v1/models/a%2Fb"],
  ])("%p is the route %p", (written, route) => {
    expect(canonicalPath(written)).toBe(route);
    expect(canonicalPath(route)).toBe(route);
  });

  // If a path belongs to no route, its segments do not change. Otherwise, it could become the path of a route.
  test.each([
    ["/v1%2Fmodels", "/v1%2Fmodels"],
    ["/v1/%6dodels", "/v1/%6dodels"],
    ["/V1/models", "/V1/models"],
    ["/v1/openai/models", "/v1/openai/models"],
    ["/v2/models", "/v2/models"],
    ["/v1/health/models", "/v1/health/models"],
    ["/health/x", "/health/x"],
    ["//v2//listen/", "/v2/listen"],
    ["/asr/models", "/asr/models"],
    ["/modelsx", "/modelsx"],
  ])("%p is no route", (written, path) => {
    expect(canonicalPath(written)).toBe(path);
  });
});

describe("withCanonicalUrl()", () => {
  test("returns the same request when its URL is canonical", () => {
    const request = new Request("http://localhost:8000/v1/models?limit=//1");
    expect(withCanonicalUrl(request)).toBe(request);
  });

  test("keeps method, headers, query and body, and drops a fragment", async () => {
    const headers = { "x-test": "1" };
    const request = new Request("http://localhost:8000//audio/transcriptions?a=//b#c", {
      method: "POST",
      headers,
      body: "abc",
    });
    const routed = withCanonicalUrl(request);
    expect(routed.url).toBe("http://localhost:8000/v1/audio/transcriptions?a=//b");
    expect([routed.method, routed.headers.get("x-test")]).toEqual(["POST", "1"]);
    expect(await routed.text()).toBe("abc");
  });

  test("gives a short host a long name, because Elysia would miss the path", () => {
    expect(withCanonicalUrl(new Request("http://a/health")).url).toBe("http://localhost/health");
  });
});
