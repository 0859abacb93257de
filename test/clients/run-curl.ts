/** Runs curl for one request. */

export async function curl(url: string, apiKey: string, flags: readonly string[]) {
  const command = ["curl", "--silent", "--fail-with-body", "--write-out", "\n%{http_code}"];
  const authorization = ["--header", `Authorization: Bearer ${apiKey}`];
  const child = Bun.spawn([...command, ...authorization, ...flags, url]);
  const output = await new Response(child.stdout).text();
  const end = output.lastIndexOf("\n");
  return {
    body: JSON.parse(output.slice(0, end)),
    status: Number(output.slice(end + 1)),
    exitCode: await child.exited,
  };
}

export async function curlVersion(): Promise<string> {
  return /^curl (\S+)/.exec(await Bun.$`curl --version`.text())?.[1] ?? "";
}
