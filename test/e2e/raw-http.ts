/** HTTP byte by byte, as no client of good manners sends it. */
import { once } from "node:events";
import { connect } from "node:net";

/** A form whose file is `content`, and its content type. */
export function rawForm(content: string, fields: Readonly<Record<string, string>> = {}): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n';
  return `${parts.join("")}${file}${content}\r\n--x--\r\n`;
}

/** The head of a POST to the transcriptions; `headers` are added to it. */
export function rawHead(headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: "localhost",
    "Content-Type": "multipart/form-data; boundary=x",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /v1/audio/transcriptions HTTP/1.1\r\n${lines.join("")}\r\n`;
}

/** Sends bytes and hears until the connection ends, or `isEnough` is satisfied and it is cut. */
export function sendRaw(
  url: string,
  bytes: string,
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

/** Sends a form with a file of zeros as fast as it is taken; resolves to what is heard until the connection ends. */
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

/** Whether the body of a JSON answer is there. */
export function hasJsonBody(heard: string): boolean {
  return heard.includes("\r\n\r\n") && heard.trimEnd().endsWith("}");
}
