/** Sends raw HTTP requests that no correct client sends. */
import { once } from "node:events";
import { connect } from "node:net";

/** Returns a form with a file whose content is `content`. */
export function rawForm(content: string, fields: Readonly<Record<string, string>> = {}): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';
  return `${parts.join("")}${file}${content}\r\n--x--\r\n`;
}

/** Returns the request line and headers of a POST to /v1/audio/transcriptions, including `headers`. */
export function rawHead(headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: "localhost",
    "Content-Type": "multipart/form-data; boundary=x",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /v1/audio/transcriptions HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Sends bytes and reads the response until the connection ends. If `isEnough` returns true, closes the connection. */
export function sendRaw(
  url: string,
  bytes: string | Uint8Array,
  isEnough: (heard: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    let heard = "";
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.on("data", (data) => {
      heard += data.toString();
      if (isEnough(heard)) socket.destroy();
    });
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
  });
}

/**
 * Sends a form with a file of zeros as fast as the server reads it. Resolves to the response when the connection ends.
 */
export async function sendLargeForm(
  url: string,
  fileBytes: number,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const [head = "", tail = ""] = rawForm("FILE", fields).split("FILE");
  const length = head.length + fileBytes + tail.length;
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let heard = "";
  socket.on("data", (data) => (heard += data.toString()));
  socket.write(rawHead({ "Content-Length": String(length), Connection: "close" }) + head);
  const piece = Buffer.alloc(256 * 1024);
  for (let sent = 0; sent < fileBytes; sent += piece.length) {
    if (!socket.write(piece.subarray(0, fileBytes - sent))) await once(socket, "drain");
  }
  socket.write(tail);
  await once(socket, "close");
  return heard;
}

/** Returns whether the response contains its whole JSON body. */
export function hasJsonBody(heard: string): boolean {
  return heard.includes("\r\n\r\n") && heard.trimEnd().endsWith("}");
}
