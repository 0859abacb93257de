import { expect, test } from "bun:test";
import { clientAddress, notePeer } from "../../src/http/client-address.ts";

function addressOf(forwarded: string | null, hops: number): string {
  const headers: Record<string, string> =
    forwarded === null ? {} : { "x-forwarded-for": forwarded };
  const request = new Request("http://localhost/", { headers });
  notePeer(request, "10.0.0.1");
  return clientAddress(request, hops);
}

test.each([
  ["1.1.1.1, 2.2.2.2", 0, "10.0.0.1"],
  [null, 1, "10.0.0.1"],
  ["", 1, "10.0.0.1"],
  ["1.1.1.1, 2.2.2.2", 1, "2.2.2.2"],
  ["1.1.1.1, 2.2.2.2", 2, "1.1.1.1"],
  ["6.6.6.6, 1.1.1.1,2001:db8::1", 2, "1.1.1.1"],
  // Fewer proxies than trusted: the outermost that is there saw the client.
  ["1.1.1.1", 3, "1.1.1.1"],
] as const)("%p with %p trusted hops comes from %p", (forwarded, hops, address) => {
  expect(addressOf(forwarded, hops)).toBe(address);
});
