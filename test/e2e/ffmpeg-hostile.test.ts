/**
 * Tests files that try to make ffmpeg read another file or open a connection. The other file is a named pipe, because a
 * writer can tell whether any process has opened it. The address belongs to a listener that counts its connections.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { closeSync, constants, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withExternalSamples } from "../ffmpeg/external-reference.ts";
import { installTestFfmpeg } from "../ffmpeg/install.ts";
import { isWindows } from "../windows.ts";
import { openScratch, repository } from "./executable.ts";
import { formOf, nullEngine, startServer, type TestServer } from "./server.ts";

setDefaultTimeout(240_000);

const scratch = openScratch();
const speech = join(repository, "test/audio/cases/07a-flac-id3v1-behind.flac");

/** Path of the other file, in the working folder of ffmpeg. */
const pipe = join(scratch.spoolFolder, "other-file");
let ffmpeg: string;
let server: TestServer;
let connections = 0;
const listener = Bun.listen({
  hostname: "127.0.0.1",
  port: 0,
  socket: { open: () => void connections++, data() {} },
});
const url = `http://127.0.0.1:${listener.port}/other`;

beforeAll(async () => {
  if (isWindows) return;
  ffmpeg = await installTestFfmpeg();
  await Bun.$`mkfifo ${pipe}`;
  const folder = { OPEN_ASR_SERVER_SPOOL_DIR: scratch.spoolFolder };
  const limits = { OPEN_ASR_SERVER_DECODE_TIMEOUT_SECONDS: "5" };
  server = await startServer({
    environment: { ...nullEngine, ...folder, ...limits },
    flags: ["--ffmpeg", ffmpeg],
  });
});
afterAll(async () => {
  listener.stop();
  if (!isWindows) await server[Symbol.asyncDispose]();
  scratch[Symbol.dispose]();
});

/**
 * Sends the file. Returns the status of the answer, and whether a process opened the pipe or connected to the address
 * before the answer.
 */
async function send(content: Uint8Array | string) {
  const connected = connections;
  let isOpened = false;
  const timer = setInterval(() => (isOpened ||= hasReader()), 5);
  const response = await server.post(
    formOf({ file: new File([content], "audio.mkv"), model: "null:echo" }),
  );
  clearInterval(timer);
  isOpened ||= hasReader();
  return { status: response.status, isOpened, hasConnected: connections > connected };
}

/**
 * Returns whether a process has opened the pipe for reading. If so, this function also ends the wait of that process,
 * because it opens the pipe for writing.
 */
function hasReader(): boolean {
  try {
    closeSync(openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch {
    return false;
  }
}

const playlists: readonly (readonly [name: string, text: string])[] = [
  ["HLS", `#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n${pipe}\n#EXTINF:5,\n${url}\n`],
  ["concat", `ffconcat version 1.0\nfile '${pipe}'\nfile '${url}'\n`],
  [
    "SDP",
    `v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio ${listener.port} RTP/AVP 0\n`,
  ],
  [
    "DASH",
    `<?xml version="1.0"?><MPD><Period><AdaptationSet><Representation><BaseURL>${url}</BaseURL>` +
      `</Representation></AdaptationSet></Period></MPD>`,
  ],
  ["ASX", `<asx version="3.0"><entry><ref href="${url}"/></entry></asx>`],
  ["RealMedia link", `${url}\nfile://${pipe}\n`],
];

/** The starts of files that the audio library leaves to ffmpeg, and the start of a tag that it skips. */
const disguises: readonly (readonly [name: string, start: string])[] = [
  ["nothing", ""],
  ["ID3", "ID3\x04\0\0\0\0\0\0"],
  ["AMR", "#!AMR\n"],
  ["AVI", "RIFF\x10\0\0\0AVI LIST"],
  ["FLV", "FLV\x01\x05\0\0\0\x09\0\0\0\0"],
  ["ASF", "\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c"],
  ["Matroska", "\x1a\x45\xdf\xa3\x80"],
  ["MP4", "\0\0\0\x10ftypisom\0\0\0\0"],
  ["Ogg", "OggS\0\x02\0\0\0\0\0\0\0\0"],
  ["MPEG-PS", "\0\0\x01\xba"],
  ["RealMedia", ".RMF\0\0\0\x12"],
  ["AC-3", "\x0b\x77\0\0\0\x40"],
];

// Windows has no named pipes with a path.
describe.skipIf(isWindows)("a hostile file", () => {
  test.each(playlists)("that contains a playlist of the kind %s", async (_, text) => {
    for (const [name, start] of disguises) {
      const content = Buffer.concat([Buffer.from(start, "latin1"), Buffer.from(text)]);
      const { status, ...seen } = await send(new Uint8Array(content));
      expect({ name, ...seen }).toEqual({ name, isOpened: false, hasConnected: false });
      // The codec AMR accepts any bytes, so ffmpeg decodes the text to noise.
      expect({ name, status }).toEqual({ name, status: name === "AMR" ? expect.any(Number) : 400 });
    }
  });

  test("with samples in another file", async () => {
    const path = join(scratch.folder, "plain.mov");
    await make(["-i", speech, "-c:a", "ac3", path]);
    const plain = readFileSync(path);
    expect((await send(new Uint8Array(plain))).status).toBe(200);
    for (const [target, isRelative] of [
      [pipe, true],
      [pipe, false],
      [url, false],
    ] as const) {
      const hostile = withExternalSamples(plain, target, isRelative);
      const seen = await send(new Uint8Array(hostile));
      const expected = { status: 400, isOpened: false, hasConnected: false };
      expect({ target, isRelative, ...seen }).toEqual({ target, isRelative, ...expected });
    }
  });

  test("with an attachment and subtitles that name another file", async () => {
    const subtitles = join(scratch.folder, "subtitles.srt");
    const attachment = join(scratch.folder, "list.m3u8");
    writeFileSync(subtitles, `1\n00:00:00,000 --> 00:00:02,000\n${pipe} ${url}\n`);
    writeFileSync(attachment, playlists[0]![1]);
    const path = join(scratch.folder, "attached.mkv");
    const attached = ["-attach", attachment, "-metadata:s:t", "mimetype=application/x-mpegURL"];
    await make(["-i", speech, "-i", subtitles, ...attached, "-c:a", "ac3", path]);
    const seen = await send(new Uint8Array(readFileSync(path)));
    expect(seen).toEqual({ status: 200, isOpened: false, hasConnected: false });
  });
});

// --- internal ---

async function make(args: readonly string[]): Promise<void> {
  const command = [ffmpeg, "-v", "error", ...args];
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  if ((await child.exited) !== 0) throw new Error(await child.stderr.text());
}
