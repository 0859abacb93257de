/** Addresses that only programs on this machine can reach, in all their forms. */
import { expect, test } from "bun:test";
import { ipVersion } from "../../src/platform/ip-address.ts";
import { isLoopback } from "../../src/platform/loopback.ts";

test.each([
  ["127.0.0.1", 4],
  ["127.1.2.3", 4],
  ["::1", 6],
  ["0:0:0:0:0:0:0:1", 6],
  ["::ffff:127.0.0.1", 6],
] as const)("%s is a loopback address", (address, version) => {
  expect(ipVersion(address)).toBe(version);
  expect(isLoopback(address)).toBe(true);
});

test.each(["192.168.1.2", "0.0.0.0", "::", "2001:db8::7f00:1", "::ffff:10.0.0.1"])(
  "%s is an address, but not loopback",
  (address) => {
    expect(ipVersion(address)).not.toBeNull();
    expect(isLoopback(address)).toBe(false);
  },
);

// Programs disagree about these texts, so they are not addresses here.
test.each([
  "127.1",
  "0177.0.0.1",
  "0x7f.0.0.1",
  "2130706433",
  "::ffff:0x7f.0.0.1",
  "[::1]",
  "",
  "127.0.0.1.evil",
])('"%s" is no address', (text) => {
  expect(ipVersion(text)).toBeNull();
  expect(isLoopback(text)).toBe(false);
});

test("localhost is loopback", () => {
  expect(isLoopback("localhost")).toBe(true);
});
