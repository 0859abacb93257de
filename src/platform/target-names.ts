/** The platforms that this program is released for; `vendor/targets.ts` describes them. */
export const targetNames = ["linux-x64", "linux-arm64", "darwin-arm64", "windows-x64"] as const;
