import { expect, test } from "bun:test";
import { traceIdOf } from "../../../src/http/guards/trace-context.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";

function read(traceparent: string): string | null {
  return traceIdOf(new Request("http://localhost/", { headers: { traceparent } }));
}

test.each([`00-${traceId}-${parentId}-01`, `cc-${traceId}-${parentId}-00-of-a-later-version`])(
  "the trace id of the traceparent %p is used",
  (traceparent) => expect(read(traceparent)).toBe(traceId),
);

test.each([
  "",
  "canary",
  `ff-${traceId}-${parentId}-01`,
  `00-${"0".repeat(32)}-${parentId}-01`,
  `00-${traceId}-${"0".repeat(16)}-01`,
  `00-${traceId.toUpperCase()}-${parentId}-01`,
  `00-${traceId}-${parentId}`,
  `00-${traceId}-${parentId}-01x`,
])("the traceparent %p is ignored", (traceparent) => expect(read(traceparent)).toBeNull());
