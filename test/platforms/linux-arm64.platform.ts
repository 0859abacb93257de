/** Tests the executable for Linux arm64 under QEMU's user emulation. No test says anything about its speed. */
import { setDefaultTimeout } from "bun:test";
import { existsSync } from "node:fs";
import { stagedLibraries } from "../../vendor/native.ts";
import { findTarget } from "../../vendor/targets.ts";
import { builtModel } from "../backends/built.ts";
import { onQemuArm64, scriptOf } from "./emulators.ts";
import { describeExecutable } from "./server.case.ts";
import { testVersions } from "./versions.case.ts";

// A transcription took minutes here.
setDefaultTimeout(1_500_000);

const name = "linux-arm64";
const target = findTarget(name);
testVersions(
  target,
  stagedLibraries(target, false).filter(({ path }) => existsSync(path)),
);
describeExecutable({
  name,
  script: scriptOf(name, onQemuArm64()),
  hasSignals: true,
  models: [
    `whisper-cpp:${builtModel("ggml-tiny.en-q8_0.bin")}`,
    `transcribe-cpp:${builtModel("ggml-tiny.en-q8_0.bin")}`,
    `faster-whisper:${builtModel("faster-whisper-tiny.en")}`,
  ],
});
