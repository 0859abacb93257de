/**
 * Tests the executable for Windows x64 under Wine. Wine finds bugs, but it is not Windows: these tests do not show that the
 * executable works on Windows.
 */
import { setDefaultTimeout } from "bun:test";
import { builtModel } from "../backends/built.ts";
import { onWine, scriptOf } from "./emulators.ts";
import { describeExecutable } from "./server.case.ts";

setDefaultTimeout(600_000);

const name = "windows-x64";
describeExecutable({
  name,
  script: scriptOf(name, await onWine()),
  // A signal of Linux ends a program under Wine without the events that Windows sends.
  hasSignals: false,
  models: ["whisper-cpp", "transcribe-cpp"].map(
    (backend) => `${backend}:${builtModel("ggml-tiny.en-q8_0.bin")}`,
  ),
});
