// Lists the third-party works in MLX's library for macOS, and their licences.

import { type Component, pinnedFiles, pinnedText } from "./component.ts";
import { embedsMlx } from "./mlx.ts";
import { readPins } from "./packages.mjs";
import type { Target } from "./targets.ts";

/** Returns the works that the executable for this platform contains with MLX. */
export async function mlxComponents(target: Target): Promise<Component[]> {
  if (!embedsMlx(target)) return [];
  const pins = await readPins();
  const { version = "", license = "", homepage = "" } = pins["mlx"] ?? {};
  const tokens = pins["whisper-tokens"];
  const mlxText = (path: string) => pinnedText("mlx", path, target.name);
  const mit = () => pinnedText("license-texts", "licenses/MIT");
  return [
    {
      name: "MLX",
      version,
      license,
      homepage,
      files: await pinnedFiles("mlx", target.name),
      texts: async () => [await mlxText(`mlx_metal-${version}.dist-info/licenses/LICENSE`)],
    },
    {
      name: "metal-cpp (in MLX)",
      version,
      license: "Apache-2.0",
      homepage: "https://developer.apple.com/metal/cpp/",
      files: [],
      texts: async () => [await mlxText("mlx/include/metal_cpp/LICENSE.txt")],
    },
    ...Object.entries(insideMlx).map(([name, address]) => ({
      name: `${name} (in MLX)`,
      version,
      license: "MIT",
      homepage: address,
      files: [],
      texts: async () => [await mit()],
    })),
    {
      name: "Vocabularies of Whisper",
      version: tokens?.version ?? "",
      license: tokens?.license ?? "",
      homepage: tokens?.homepage ?? "",
      files: await pinnedFiles("whisper-tokens"),
      texts: async () => [await mit()],
    },
  ];
}

// --- internal ---

/** Works whose code is compiled into MLX's library. */
const insideMlx: Readonly<Record<string, string>> = {
  fmt: "https://github.com/fmtlib/fmt",
  gguflib: "https://github.com/antirez/gguf-tools",
  "JSON for Modern C++": "https://github.com/nlohmann/json",
};
