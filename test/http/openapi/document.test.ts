/** Compares the OpenAPI document with the table of errors, with the routes of the server, and with OpenAI's API. */
import { describe, expect, test } from "bun:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { type ErrorCode, errorKinds } from "../../../src/errors.ts";
import { openapiDocument } from "../../../src/http/openapi/document.ts";
import { codesWithoutOperation } from "../../../src/http/openapi/route-errors.ts";
import { schemas } from "../../../src/http/openapi/schemas.ts";
import { type ContractSchema, contractMembers } from "../../contract/contract.ts";
import { operations } from "./operations.ts";
import { openApp } from "../app.ts";

test("the document is valid OpenAPI", async () => {
  const document = structuredClone(openapiDocument("1.2.3"));
  expect(await new Validator().validate(document)).toEqual({ valid: true });
});

test("every described route exists", async () => {
  using app = openApp();
  for (const { method, path } of operations()) {
    const response = await app.send(path.replace("{model}", "base"), { method });
    const body = response.status === 404 ? await response.text() : "";
    expect([method, path, body.includes("unknown_route")]).toEqual([method, path, false]);
    expect(response.status).not.toBe(405);
  }
});

describe("errors of the document", () => {
  test("are those of the table", () => {
    const expected = Object.entries(errorKinds).map(
      ([code, { status, type, retry, when }]): [string, object] => [
        code,
        { status, type, "x-should-retry": String(retry), description: when },
      ],
    );
    expect(Object.entries(openapiDocument("1.2.3")["x-errors"])).toEqual(expected);
  });

  test("that a request can cause are each listed by an operation", () => {
    const listed = operations().flatMap(({ errors }) => errors.flatMap(({ codes }) => codes));
    const missing = Object.keys(errorKinds).filter(
      (code) =>
        !listed.includes(code as ErrorCode) && !codesWithoutOperation.has(code as ErrorCode),
    );
    expect(missing).toEqual([]);
    expect(listed.filter((code) => codesWithoutOperation.has(code))).toEqual([]);
  });

  for (const { method, path, errors } of operations()) {
    test(`of ${method} ${path} have the status and the retry headers of the table`, () => {
      expect(errors.length).toBeGreaterThan(0);
      for (const response of errors) {
        const kinds = response.codes.map((code) => errorKinds[code]);
        const answers = [...new Set(kinds.map(({ retry }) => String(retry)))];
        expect(kinds.every(({ status }) => status === response.status)).toBe(true);
        expect(response.headers["x-should-retry"]?.schema.enum?.toSorted()).toEqual(
          answers.toSorted(),
        );
        expect("retry-after" in response.headers).toBe(answers.includes("true"));
      }
    });
  }
});

describe("members that OpenAI's API does not have are marked as extensions:", () => {
  const pairs: readonly (readonly [
    ours: keyof typeof schemas,
    theirs: ContractSchema,
    ...allowed: string[],
  ])[] = [
    ["TranscriptionRequest", "CreateTranscriptionRequest"],
    ["TranslationRequest", "CreateTranslationRequest"],
    ["Transcription", "CreateTranscriptionResponseJson"],
    // OpenAI's schemas do not contain `task`, but OpenAI's examples contain it. So `task` is allowed.
    ["TranscriptionVerbose", "CreateTranscriptionResponseVerboseJson", "task"],
    ["Translation", "CreateTranslationResponseJson"],
    ["TranslationVerbose", "CreateTranslationResponseVerboseJson", "task"],
    ["TranscriptDelta", "TranscriptTextDeltaEvent"],
    ["TranscriptDone", "TranscriptTextDoneEvent"],
    ["Model", "Model"],
    ["ModelList", "ListModelsResponse"],
    ["DeletedModel", "DeleteModelResponse"],
    ["Error", "ErrorResponse"],
  ];

  test.each(pairs)("%s and OpenAI's %s", (ours, theirs, ...allowed) => {
    const known = new Set([...contractMembers(theirs), ...allowed]);
    const members: [string, object][] = Object.entries(schemas[ours].properties);
    const marked = members.filter(([, schema]) => "x-extension" in schema).map(([name]) => name);
    const foreign = members.map(([name]) => name).filter((name) => !known.has(name));
    expect(marked).toEqual(foreign);
  });
});
