/** Tests the search for GPUs that programs can use through Vulkan, with files that imitate a machine. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type VulkanPaths, vulkanPaths, vulkanProblem } from "../../src/platform/vulkan.ts";

const folder = mkdtempSync(join(tmpdir(), "open-asr-vulkan-"));
afterAll(() => rmSync(folder, { recursive: true }));

function write(path: string, text = ""): string {
  const full = join(folder, path);
  mkdirSync(join(full, ".."), { recursive: true });
  writeFileSync(full, text);
  return full;
}

write("pci/0000:01:00.0/class", "0x030000\n");
write("pci/0000:01:00.0/vendor", "0x1002\n");
write("dev/dri/renderD128");
write("lib/libvulkan.so.1");
write("icd/radeon_icd.x86_64.json");
write("icd-software/lvp_icd.x86_64.json");

const complete: VulkanPaths = {
  pci: join(folder, "pci"),
  devices: join(folder, "dev"),
  linker: { cacheFile: join(folder, "none"), folders: [join(folder, "lib")] },
  manifests: [join(folder, "none"), join(folder, "icd")],
  windowsLibrary: join(folder, "lib/libvulkan.so.1"),
  isChosen: false,
};
const nowhere = join(folder, "none");

test("a machine with a GPU, its device file, Vulkan's library and a driver has no problem", () => {
  expect(vulkanProblem("linux", complete)).toBeNull();
});

test.each([
  ["a GPU", { pci: nowhere }, /no GPU/],
  ["a device file", { devices: nowhere }, /dri has no file/],
  ["Vulkan's library", { linker: { cacheFile: nowhere, folders: [] } }, /libvulkan\.so\.1/],
  ["a driver", { manifests: [nowhere] }, /no driver/],
  ["a driver of a GPU", { manifests: [join(folder, "icd-software")] }, /no driver/],
])("without %s, the reason says what is missing", (_what, change, reason) => {
  expect(vulkanProblem("linux", { ...complete, ...change })?.reason).toMatch(reason);
});

test("NVIDIA's driver needs no file in dri", () => {
  write("nvidia/nvidiactl");
  expect(vulkanProblem("linux", { ...complete, devices: join(folder, "nvidia") })).toBeNull();
});

test("a device that the operator has chosen needs only Vulkan's library", () => {
  const chosen = { ...complete, pci: nowhere, devices: nowhere, manifests: [], isChosen: true };
  expect(vulkanProblem("linux", chosen)).toBeNull();
  const linker = { cacheFile: nowhere, folders: [] };
  expect(vulkanProblem("linux", { ...chosen, linker })?.reason).toMatch(/libvulkan/);
});

test("the operator can name the manifests of the drivers", () => {
  const manifest = join(folder, "icd/radeon_icd.x86_64.json");
  const { manifests, isChosen } = vulkanPaths(complete.linker, {
    VK_DRIVER_FILES: `${manifest}:/none.json`,
  });
  expect(isChosen).toBe(false);
  expect(vulkanProblem("linux", { ...complete, manifests })).toBeNull();
  expect(vulkanPaths(complete.linker, { GGML_VK_VISIBLE_DEVICES: "0" }).isChosen).toBe(true);
});

test("Windows needs only the library that the driver of a GPU installs", () => {
  const without = { ...complete, pci: nowhere, devices: nowhere, manifests: [] };
  expect(vulkanProblem("win32", without)).toBeNull();
  expect(vulkanProblem("win32", { ...complete, windowsLibrary: nowhere })?.reason).toMatch(
    /not installed/,
  );
});
