/** Names of the platforms for which this program is released. `vendor/targets.ts` describes the platforms. */
export const targetNames = ["linux-x64", "linux-arm64", "darwin-arm64", "windows-x64"] as const;
