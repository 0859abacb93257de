/** Tests that keepTail() keeps only the end of a process's output. */
import { expect, test } from "bun:test";
import { keepTail } from "../../src/supervisor/stderr-tail.ts";

test("keepTail() keeps the last 8 KiB, in however many pieces they arrive", async () => {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let n = 0; n < 100; n++) controller.enqueue(Buffer.alloc(1000, n % 2 === 0 ? "a" : "b"));
      controller.enqueue(Buffer.from("the end\n"));
      controller.close();
    },
  });
  const tail = keepTail(stream);
  await tail.ended;
  expect(tail.text()).toHaveLength(8 * 1024 - 1);
  expect(tail.text()).toEndWith("bbbthe end");
});
