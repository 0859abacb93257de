// Lists the third-party works in CTranslate2's library, and their licences. On each platform, the library contains
// different works (see README.md).

import { type Component, pinnedFiles, pinnedText } from "./component.ts";
import { type Pin, readPins } from "./packages.mjs";
import type { Target } from "./targets.ts";

/** Returns the works that the executable for this platform contains with CTranslate2. */
export async function ctranslate2Components(target: Target): Promise<Component[]> {
  const pins = await readPins();
  const { version = "", homepage = "" } = pins["ctranslate2"] ?? {};
  const own: Work = ["CTranslate2", version, "MIT", homepage, [[headers, "LICENSE"]]];
  const others = Object.entries(bundled).map(([name, [license, address, file]]): Work => [
    `${name} (in CTranslate2)`,
    version,
    license,
    address,
    [[headers, file]],
  ]);
  const library = [
    ...(await pinnedFiles("ctranslate2", target.name)),
    ...(await pinnedFiles(headers)),
  ];
  return [own, ...others, ...platformWorks(target, pins)].map(
    ([name, ofVersion, license, address, files], index) => ({
      name,
      version: ofVersion,
      license,
      homepage: address,
      files: index === 0 ? library : [],
      // One after the other, because two files can be in the same package.
      texts: () => Array.fromAsync(files, ([pin, path]) => pinnedText(pin, path)),
    }),
  );
}

// --- internal ---

/** A file of a pin: the name of the pin, and the path in its folder. */
type PinnedText = readonly [pin: string, path: string];

type Work = readonly [
  name: string,
  version: string,
  license: string,
  homepage: string,
  texts: readonly PinnedText[],
];

const headers = "ctranslate2-headers";
const texts = "license-texts";
const intelLicense: PinnedText = ["onemkl-license", "mkl_include-2025.3.0.dist-info/LICENSE.txt"];

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

/** Returns the works that only the libraries for some platforms contain. */
function platformWorks({ os, arch }: Target, pins: Readonly<Record<string, Pin>>): Work[] {
  const isX64 = arch === "x64";
  const isLinux = os === "linux";
  const works: readonly (Work | false)[] = [
    isX64 && [
      "oneMKL (in CTranslate2)",
      pins["onemkl-license"]?.version ?? "",
      "Intel Simplified Software License",
      "https://www.intel.com/content/www/us/en/developer/tools/oneapi/onemkl.html",
      [intelLicense],
    ],
    isX64 && [
      "oneDNN (in CTranslate2)",
      "3.1.1",
      "Apache-2.0",
      "https://github.com/uxlfoundation/oneDNN",
      [[texts, "licenses/Apache-2.0"]],
    ],
    isLinux &&
      !isX64 && [
        "OpenBLAS (in CTranslate2)",
        "0.3.26",
        "BSD-3-Clause",
        "https://github.com/OpenMathLib/OpenBLAS",
        [[texts, "licenses/BSD-3-Clause"]],
      ],
    isX64 && [
      "CUDA runtime (in CTranslate2)",
      pins["cuda-license"]?.version ?? "",
      "NVIDIA CUDA Toolkit End User License Agreement",
      "https://docs.nvidia.com/cuda/eula/",
      [["cuda-license", "nvidia_cuda_runtime_cu12-12.8.90.dist-info/License.txt"]],
    ],
    isLinux && [
      "libgomp (beside CTranslate2)",
      "8.5.0",
      "GPL-3.0-or-later WITH GCC-exception-3.1",
      "https://ftp.gnu.org/gnu/gcc/gcc-8.5.0/",
      [
        [texts, "licenses/GPL-3.0"],
        [texts, "exceptions/GCC-exception-3.1"],
      ],
    ],
    os === "win32" && [
      "Intel OpenMP runtime (beside CTranslate2)",
      "2025.3",
      "Intel Simplified Software License",
      "https://www.intel.com/content/www/us/en/developer/tools/oneapi/overview.html",
      [intelLicense],
    ],
  ];
  return works.filter((work) => work !== false);
}
