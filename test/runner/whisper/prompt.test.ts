/**
 * Tests the prompt of the engine. It contains tokens of the keywords and of the request's prompt, up to the length
 * limit.
 */
import { describe, expect, test } from "bun:test";
import { promptTokens } from "../../../src/runner/whisper/prompt.ts";
import { Tokenizer } from "../../../src/runner/whisper/tokenizer.ts";
import { info, modelOf } from "./model.ts";

/** A vocabulary with one token per byte. The prompt may have at most 100 tokens. */
const pieces = Array.from({ length: 128 }, (_, byte) => Uint8Array.of(byte));
const model = modelOf(pieces);
const room = { model, tokenizer: new Tokenizer(model) };

describe("promptTokens()", () => {
  const told = (prompt: string | null, keywords: readonly string[] = []): string =>
    String.fromCharCode(...promptTokens({ prompt, keywords }, room));

  test("joins keywords and prompt, each after a space", () => {
    expect(told(null)).toBe("");
    expect(told("  ")).toBe("");
    expect(told(" Dear all, ")).toBe(" Dear all,");
    expect(told(null, ["Ada", "Babbage"])).toBe(" Ada, Babbage");
    expect(told("Dear all", ["Ada"])).toBe(" Ada Dear all");
  });

  test("cuts to the length limit: keywords at their end, the prompt at its front", () => {
    const long = Array.from({ length: 40 }, (_, n) => `word${n}`).join(" ");
    expect(told(long)).toBe(` ${long}`.slice(-info.nPromptMax));
    expect(told(null, [long])).toBe(` ${long}`.slice(0, info.nPromptMax));
    const half = info.nPromptMax / 2;
    expect(told(long, [long])).toBe(` ${long}`.slice(0, half) + ` ${long}`.slice(-half));
    expect(told("short", [long])).toBe(`${` ${long}`.slice(0, half)} short`);
    expect(told(long, ["Ada"])).toBe(` Ada${` ${long}`.slice(-(info.nPromptMax - 4))}`);
  });
});
