import { expect, test } from "bun:test";
import type { Machine } from "../../../src/models/backends/availability.ts";
import { fasterWhisper } from "../../../src/models/backends/faster-whisper.ts";
import {
  chooseStarterBackend,
  isStarterForCtranslate2,
} from "../../../src/models/backends/starter.ts";
import { whisperCpp } from "../../../src/models/backends/whisper-cpp.ts";

const backends = [whisperCpp, fasterWhisper];

/**
 * A machine that has everything that CTranslate2 needs. The platform is macOS, because on Linux, CTranslate2 also needs
 * the file libstdc++.so.6.
 */
const fast: Machine = {
  platform: "darwin",
  cpuFeatures: new Set(["avx2"]),
  linker: { cacheFile: "/absent", folders: [] },
};

test.skipIf(!isStarterForCtranslate2)(
  "a machine that has all that CTranslate2 needs runs the starter model on it",
  async () => {
    expect(chooseStarterBackend(backends, fast)).toEqual({
      backend: "faster-whisper",
      reason: null,
    });
  },
);

test.skipIf(!isStarterForCtranslate2)(
  "whisper.cpp runs the starter model without the system library, without AVX2, and without CTranslate2",
  async () => {
    const reasonOf = async (machine: Machine) => {
      const { backend, reason } = chooseStarterBackend(backends, machine);
      expect(backend).toBe("whisper-cpp");
      return reason;
    };
    expect(await reasonOf({ ...fast, platform: "linux" })).toContain("needs libstdc++.so.6");
    expect(await reasonOf({ ...fast, cpuFeatures: new Set(["avx"]) })).toContain("without avx2");
    expect(chooseStarterBackend([whisperCpp], fast).backend).toBe("whisper-cpp");
  },
);
