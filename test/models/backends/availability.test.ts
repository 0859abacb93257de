import { expect, test } from "bun:test";
import { unavailableReason } from "../../../src/models/backends/availability.ts";
import { fasterWhisper } from "../../../src/models/backends/faster-whisper.ts";
import { whisperCpp } from "../../../src/models/backends/whisper-cpp.ts";

const bare = {
  platform: "linux",
  cpuFeatures: new Set<string>(),
  linker: { cacheFile: "/absent", folders: [] },
} as const;

test("a backend without its system library names the package to install, on Linux only", () => {
  const words = unavailableReason(fasterWhisper, bare);
  expect(words).toMatch(/needs libstdc\+\+\.so\.6.*install the package libstdc\+\+6/);
  expect(unavailableReason(fasterWhisper, { ...bare, platform: "darwin" })).toBeNull();
  expect(unavailableReason(whisperCpp, bare)).toBeNull();
});

test("a backend whose library is not in the executable gives that as the reason", () => {
  const absent = { ...whisperCpp, library: "absent" };
  expect(unavailableReason(absent, bare)).toContain("does not contain the library");
});
