import { expect, test } from "bun:test";
import { Elysia } from "elysia";
import { access } from "../../../src/http/guards/request-log.ts";
import { openResources } from "../../../src/http/response-end.ts";
import type { Metrics } from "../../../src/metrics.ts";
import { openApp } from "../app.ts";

test("a streamed response is logged and counted when it ends", async () => {
  using app = openApp();
  const counted: number[] = [];
  const metrics = { countRequest: ({ status }) => void counted.push(status) } as Metrics;
  const end = Promise.withResolvers<void>();
  const server = new Elysia({ aot: false })
    .use(access(app.log, metrics, () => undefined))
    .get("/", ({ request }) => {
      const resources = openResources(request);
      const body = new ReadableStream<string>({
        async pull(controller) {
          await end.promise;
          await resources.disposeAsync();
          controller.close();
        },
      });
      return new Response(body);
    });
  const response = await server.handle(new Request("http://localhost/"));
  expect(response.status).toBe(200);
  await Bun.sleep(10);
  expect([app.lines, counted]).toEqual([[], []]);
  end.resolve();
  await response.text();
  await Bun.sleep(10);
  expect(app.lines).toEqual([expect.stringContaining('route="GET /" status=200')]);
  expect(counted).toEqual([200]);
});
