// Writes the Homebrew formula of a release.

import type { Archive, Release } from "./release.ts";

/** Returns the formula, or null if the release has no archive for a platform of Homebrew. */
export function homebrewFormula(release: Release): string | null {
  const mac = release.archives.filter(({ target }) => target.os === "darwin");
  const linux = release.archives.filter(({ target }) => target.os === "linux");
  if (mac.length + linux.length === 0) return null;
  const platforms = [
    ...(linux.length === 0 ? ["  depends_on :macos\n"] : []),
    ...(mac.length === 0 ? ["  depends_on :linux\n"] : []),
    ...(mac.length === 0 ? [] : [systemBlock("on_macos", mac)]),
    ...(linux.length === 0 ? [] : [systemBlock("on_linux", linux)]),
  ];
  return `class OpenAsrServer < Formula
  desc ${quoted(release.description)}
  homepage ${quoted(release.homepage)}
  version ${quoted(release.version)}
  license ${quoted(release.license)}

${platforms.join("\n")}
  def install
    bin.install "open-asr-server"
    generate_completions_from_executable(bin/"open-asr-server", "completion", shells: [:bash, :zsh, :fish])
    (man1/"open-asr-server.1").write Utils.safe_popen_read(bin/"open-asr-server", "man")
  end

  def caveats
    <<~EOS
      The base URL for OpenAI clients is http://127.0.0.1:8000/v1
      The service reads its settings from a file. To see an example:
        open-asr-server config --example
    EOS
  end

  service do
    run [opt_bin/"open-asr-server", "serve"]
    keep_alive crashed: true
    process_type :interactive
    log_path var/"log/open-asr-server.log"
    error_log_path var/"log/open-asr-server.log"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/open-asr-server --version")
    # Transcribes the recordings inside the executable.
    assert_match(/^ok /, shell_output("#{bin}/open-asr-server smoke"))
  end
end
`;
}

// --- internal ---

const architectures: Readonly<
  Partial<Record<NodeJS.Architecture, { block: string; name: string }>>
> = { x64: { block: "on_intel", name: "x86_64" }, arm64: { block: "on_arm", name: "arm64" } };

/** Returns a block that selects the archive of a system. With one archive, the block names the required CPU. */
function systemBlock(name: string, archives: readonly Archive[]): string {
  const [only] = archives;
  const lines =
    archives.length === 1 && only
      ? [...source(only), "", `depends_on arch: :${architectures[only.target.arch]?.name}`]
      : archives.flatMap((archive, index) => [
          ...(index === 0 ? [] : [""]),
          `${architectures[archive.target.arch]?.block} do`,
          ...source(archive).map((line) => `  ${line}`),
          "end",
        ]);
  const body = lines.map((line) => (line === "" ? "" : `    ${line}`)).join("\n");
  return `  ${name} do\n${body}\n  end\n`;
}

function source({ url, sha256 }: Archive): string[] {
  return [`url ${quoted(url)}`, `sha256 ${quoted(sha256)}`];
}

/** Quotes a text of the release as a string of Ruby. In Ruby, `#{` in a string starts an expression. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("#", "\\#");
}
