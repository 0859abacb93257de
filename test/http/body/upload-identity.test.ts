/** Tests which uploads count as equal, and which requests count as retries. */
import { expect, test } from "bun:test";
import { isRetry, UploadIdentity } from "../../../src/http/body/upload-identity.ts";

interface Upload {
  readonly client?: string;
  readonly route?: string;
  readonly fields?: readonly (readonly [string, string])[];
  readonly sha256?: string;
}

function identityOf({ client = "ann", route = "/inference", fields = [], sha256 = "ab" }: Upload) {
  const identity = new UploadIdentity(client, route);
  for (const [name, value] of fields) identity.addField(name, value);
  return identity.finish(sha256);
}

test("uploads are equal only when client, route, fields and file are equal", () => {
  const fields = [
    ["model", "base"],
    ["prompt", "Ann"],
  ] as const;
  const uploads: readonly Upload[] = [
    {},
    { client: "bob" },
    { route: "/inference?a" },
    { sha256: "cd" },
    { fields },
    { fields: fields.slice(0, 1) },
    { fields: [["model", "basepromptAnn"]] },
    { fields: [["modelbase", "promptAnn"]] },
    {
      fields: [
        ["model", "base"],
        ["prompt", 'Ann"]["language","en'],
      ],
    },
    { fields: [...fields, ["language", "en"]] },
  ];
  expect(new Set(uploads.map(identityOf)).size).toBe(uploads.length);
  expect(identityOf({ fields: [...fields] })).toBe(identityOf({ fields }));
});

test.each([
  [null, false],
  ["", false],
  ["0", false],
  ["1", true],
  ["2", true],
  ["-1", false],
  ["many", false],
])("a request with x-stainless-retry-count %p is a retry: %p", (value, expected) => {
  const headers = value === null ? {} : { "x-stainless-retry-count": value };
  expect(isRetry(new Request("http://localhost/", { headers }))).toBe(expected);
});
