import { expect, test } from "bun:test";
import { homedir } from "node:os";
import { join } from "node:path";
import { hubCacheFolder } from "../../src/models/hub-cache.ts";

test.each([
  [{}, join(homedir(), ".cache/huggingface/hub")],
  [{ XDG_CACHE_HOME: "/x" }, "/x/huggingface/hub"],
  [{ XDG_CACHE_HOME: "/x", HF_HOME: "/h" }, "/h/hub"],
])("hubCacheFolder(%p) returns %p, as the Hugging Face tools do", (environment, folder) => {
  expect(hubCacheFolder(environment)).toBe(folder);
});
