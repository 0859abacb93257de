// Lists the third-party works in CTranslate2's library, and their licences. On each platform, the library contains
// different works (see README.md). This list contains the works of all platforms.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fetchPinned } from "./fetch.ts";
import type { Component } from "./licenses.ts";
import { readPins } from "./packages.mjs";

export async function ctranslate2Components(): Promise<Component[]> {
  const pins = await readPins();
  const sources = await fetchPinned("ctranslate2-headers");
  const spdx = await fetchPinned("license-texts");
  const intel = join(await fetchPinned("onemkl-license"), "mkl_include-2025.3.0.dist-info");
  const nvidia = join(
    await fetchPinned("cuda-license"),
    "nvidia_cuda_runtime_cu12-12.8.90.dist-info",
  );
  const { version = "", homepage = "" } = pins["ctranslate2"] ?? {};
  const components: readonly Source[] = [
    ["CTranslate2", version, "MIT", homepage, [join(sources, "LICENSE")]],
    ...Object.entries(bundled).map(([name, [license, address, file]]): Source => [
      `${name} (in CTranslate2)`,
      version,
      license,
      address,
      [join(sources, file)],
    ]),
    [
      "oneMKL (in CTranslate2 on x64)",
      pins["onemkl-license"]?.version ?? "",
      "Intel Simplified Software License",
      "https://www.intel.com/content/www/us/en/developer/tools/oneapi/onemkl.html",
      [join(intel, "LICENSE.txt")],
    ],
    [
      "oneDNN (in CTranslate2 on x64)",
      "3.1.1",
      "Apache-2.0",
      "https://github.com/uxlfoundation/oneDNN",
      [join(spdx, "licenses/Apache-2.0")],
    ],
    [
      "OpenBLAS (in CTranslate2 on Linux arm64)",
      "0.3.26",
      "BSD-3-Clause",
      "https://github.com/OpenMathLib/OpenBLAS",
      [join(spdx, "licenses/BSD-3-Clause")],
    ],
    [
      "CUDA runtime (in CTranslate2 on x64)",
      pins["cuda-license"]?.version ?? "",
      "NVIDIA CUDA Toolkit End User License Agreement",
      "https://docs.nvidia.com/cuda/eula/",
      [join(nvidia, "License.txt")],
    ],
    [
      "libgomp (beside CTranslate2 on Linux)",
      "8.5.0",
      "GPL-3.0-or-later WITH GCC-exception-3.1",
      "https://ftp.gnu.org/gnu/gcc/gcc-8.5.0/",
      [join(spdx, "licenses/GPL-3.0"), join(spdx, "exceptions/GCC-exception-3.1")],
    ],
    [
      "Intel OpenMP runtime (beside CTranslate2 on Windows)",
      "2025.3",
      "Intel Simplified Software License",
      "https://www.intel.com/content/www/us/en/developer/tools/oneapi/overview.html",
      [join(intel, "LICENSE.txt")],
    ],
  ];
  return Promise.all(components.map(read));
}

// --- internal ---

type Source = readonly [
  name: string,
  version: string,
  license: string,
  homepage: string,
  files: readonly string[],
];

/**
 * Works whose source code is part of CTranslate2's source tree. The last element of each entry is the path of the
 * licence in that tree.
 */
const bundled: Readonly<
  Record<string, readonly [license: string, homepage: string, file: string]>
> = {
  ruy: ["Apache-2.0", "https://github.com/google/ruy", "third_party/ruy/LICENSE"],
  spdlog: ["MIT", "https://github.com/gabime/spdlog", "third_party/spdlog/LICENSE"],
  cpu_features: [
    "Apache-2.0",
    "https://github.com/google/cpu_features",
    "third_party/cpu_features/LICENSE",
  ],
  cutlass: ["BSD-3-Clause", "https://github.com/NVIDIA/cutlass", "third_party/cutlass/LICENSE.txt"],
  thrust: ["Apache-2.0", "https://github.com/NVIDIA/cccl", "third_party/thrust/LICENSE"],
};

async function read([name, version, license, homepage, files]: Source): Promise<Component> {
  const texts = await Promise.all(files.map(async (file) => (await readFile(file, "utf8")).trim()));
  return { name, version, license, homepage, texts };
}
