import { expect, test } from "bun:test";
import { settings } from "../../src/settings/index.ts";
import { nearestSetting } from "../../src/settings/nearest-setting.ts";
import type { Setting } from "../../src/settings/setting.ts";

const entries = Object.values<Setting<unknown>>(settings).filter(({ hidden }) => !hidden);

test.each([
  ["OPEN_ASR_PORT", "OPEN_ASR_SERVER_PORT"],
  ["OPEN_ASR_SERVER_VAD", "OPEN_ASR_VAD"],
  ["OPEN_ASR_SERVER_BEAM_SIZE", "OPEN_ASR_BEAM_SIZE"],
  ["OPEN_ASR_SERVER_API_KEYS", "OPEN_ASR_SERVER_API_KEY"],
  ["OPEN_ASR_SERVER_MAX_UPLOAD_BYTE", "OPEN_ASR_SERVER_MAX_UPLOAD_BYTES"],
  ["OPEN_ASR_SERVER_WORKERS", "OPEN_ASR_SERVER_TRANSCRIBE_WORKERS"],
  ["OPEN_ASR_SERVER_MODEL", "OPEN_ASR_SERVER_DEFAULT_MODEL"],
  ["OPEN_ASR_SERVER_LOG", "OPEN_ASR_SERVER_LOG_LEVEL"],
  ["OPEN_ASR_SERVER_HOTS", "OPEN_ASR_SERVER_HOST"],
  ["--model_dir", "OPEN_ASR_SERVER_MODEL_DIR"],
  ["OPEN_ASR_", null],
  ["OPEN_ASR_SERVER_KUBERNETES", null],
  ["OPEN_ASR_SERVER_N", null],
])("the setting nearest to the unknown name %s is %s", (written, variable) => {
  expect(nearestSetting(written, entries)?.variable ?? null).toBe(variable);
});

test("every setting is the nearest one to its own flag and variable", () => {
  for (const entry of entries) {
    expect(nearestSetting(entry.variable, entries)).toBe(entry);
    if (entry.flag !== undefined) expect(nearestSetting(`--${entry.flag}`, entries)).toBe(entry);
  }
});

test("every setting is found if its variable has one letter missing", () => {
  for (const entry of entries) {
    const { variable } = entry;
    expect(nearestSetting(variable.slice(0, -1), entries)).toBe(entry);
  }
});
