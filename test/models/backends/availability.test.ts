import { expect, test } from "bun:test";
import { unavailableReason } from "../../../src/models/backends/availability.ts";
import { fasterWhisper } from "../../../src/models/backends/faster-whisper.ts";
import { whisperCpp } from "../../../src/models/backends/whisper-cpp.ts";

const bare = {
  platform: "linux",
  cpuFeatures: new Set<string>(),
  linker: { cacheFile: "/absent", folders: [] },
} as const;

test("a backend whose system library is absent says what to install, on Linux alone", async () => {
  const words = await unavailableReason(fasterWhisper, bare);
  expect(words).toMatch(/needs libstdc\+\+\.so\.6.*install the package libstdc\+\+6/);
  expect(await unavailableReason(fasterWhisper, { ...bare, platform: "darwin" })).toBeNull();
  expect(await unavailableReason(whisperCpp, bare)).toBeNull();
});

test("a backend whose library the build does not carry says so", async () => {
  const absent = { ...whisperCpp, library: "absent" };
  expect(await unavailableReason(absent, bare)).toContain("does not contain the library");
});
