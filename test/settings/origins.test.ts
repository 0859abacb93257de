/**
 * Tests the values of --cors-origins. The origins of browsers and desktop apps are valid. Values with characters that a
 * shell interprets are invalid.
 */
import { expect, test } from "bun:test";
import { isOrigin, readOrigin } from "../../src/settings/access.ts";

test.each([
  "null",
  "https://app.example",
  "http://localhost:3000",
  "http://[::1]:8080",
  "app://obsidian.md",
  "tauri://localhost",
  "file://",
])("%s is an origin", (origin) => {
  expect(isOrigin(origin)).toBe(true);
});

test.each([
  "https://app.example/",
  "https://app.example/page",
  "http://$(id).com",
  "http://a;b",
  "http://a'b",
  "http://a&b.com",
  "http://`id`.com",
  "app://$(id)",
  "*",
  "",
])("%s is not an origin", (origin) => {
  expect(isOrigin(origin)).toBe(false);
});

test.each([
  ["https://app.example/", "https://app.example"],
  ["https://app.example", "https://app.example"],
  ["*", "*"],
  ["https://app.example/page", null],
  ["https://app.example//", null],
])("the item %s of --cors-origins is read as %p", (item, origin) => {
  expect(readOrigin(item)).toBe(origin);
});
