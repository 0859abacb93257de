// Lists the third-party works in transcribe.cpp's library for Vulkan, and their licences.

import { type Component, pinnedFiles, pinnedText } from "./component.ts";
import { readPins } from "./packages.mjs";
import type { Target } from "./targets.ts";
import { buildsVulkan } from "./vulkan.ts";

/** Returns the works that the executable for this platform contains with the library for Vulkan. */
export async function vulkanComponents(target: Target): Promise<Component[]> {
  if (!buildsVulkan(target)) return [];
  const pins = await readPins();
  const texts = async () => [await pinnedText("license-texts", "licenses/MIT")];
  return [
    {
      name: "Vulkan-Headers",
      version: pins["vulkan-headers"]?.version ?? "",
      license: "MIT",
      homepage: pins["vulkan-headers"]?.homepage ?? "",
      files: await pinnedFiles("vulkan-headers"),
      texts,
    },
    {
      name: "SPIRV-Headers",
      version: pins["shaderc"]?.version ?? "",
      license: "MIT",
      homepage: "https://github.com/KhronosGroup/SPIRV-Headers",
      files: await pinnedFiles("shaderc"),
      texts,
    },
  ];
}
