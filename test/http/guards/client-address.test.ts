import { expect, test } from "bun:test";
import { clientAddress, notePeer } from "../../../src/http/guards/client-address.ts";

function addressOf(forwarded: string | null, hops: number, peer = "10.0.0.1"): string {
  const headers: Record<string, string> =
    forwarded === null ? {} : { "x-forwarded-for": forwarded };
  const request = new Request("http://localhost/", { headers });
  notePeer(request, peer);
  return clientAddress(request, hops);
}

test.each([
  ["1.1.1.1, 2.2.2.2", 0, "10.0.0.1"],
  [null, 1, "10.0.0.1"],
  ["", 1, "10.0.0.1"],
  ["1.1.1.1, 2.2.2.2", 1, "2.2.2.2"],
  ["1.1.1.1, 2.2.2.2", 2, "1.1.1.1"],
  ["6.6.6.6, 1.1.1.1,2001:db8::1", 2, "1.1.1.1"],
  // If there are fewer proxies than trusted hops, the first entry is the client, because the outermost proxy has added
  // this entry.
  ["1.1.1.1", 3, "1.1.1.1"],
] as const)(
  "X-Forwarded-For %p with %p trusted hops gives the client address %p",
  (forwarded, hops, address) => {
    expect(addressOf(forwarded, hops)).toBe(address);
  },
);

test.each([
  ["1.1.1.1:5678", "1.1.1.1"],
  ["::ffff:1.1.1.1", "1.1.1.1"],
  ["[::ffff:1.1.1.1]:443", "1.1.1.1"],
  ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
  ["2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
  ["[2001:db8:1:2::3]", "2001:db8:1:2::/64"],
  ["[2001:db8:1:2::3]:443", "2001:db8:1:2::/64"],
  ["2001:db8:1:3::1", "2001:db8:1:3::/64"],
  ["fe80::1%eth0", "fe80::/64"],
  ["unknown", "unknown"],
  ["_hidden:80", "_hidden"],
] as const)(
  "the address %p counts as client %p, from a proxy or from a connection",
  (written, client) => {
    expect(addressOf(written, 1)).toBe(client);
    expect(addressOf(null, 0, written)).toBe(client);
  },
);
