/**
 * Describes how HTTP libraries and browsers write a form with a file. Each description gives the exact headers, with
 * their order and spelling. The source is the code of the library or a recorded request.
 */

export interface Writer {
  readonly name: string;
  readonly boundary: string;
  /** Value of the request's Content-Type header. */
  readonly contentType: string;
  /** Returns the headers of a part with the text `value`. */
  readonly field: (name: string, value: string) => readonly string[];
  /** Returns the headers of the part with the file. `bytes` is the size of the file. */
  readonly file: (fileName: string, bytes: number) => readonly string[];
  /** Text after the last boundary. Some programs omit the line break. */
  readonly end: "--\r\n" | "--";
}

export interface Form {
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly fileName: string;
  readonly file: Uint8Array;
}

/** Returns the body that the writer creates for a form. */
export function bodyOf(writer: Writer, { fields, fileName, file }: Form): Buffer {
  const part = (headers: readonly string[], content: string | Uint8Array) => [
    Buffer.from(`--${writer.boundary}\r\n${headers.join("\r\n")}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from("\r\n"),
  ];
  return Buffer.concat([
    ...part(writer.file(fileName, file.length), file),
    ...fields.flatMap(([name, value]) => part(writer.field(name, value), value)),
    Buffer.from(`--${writer.boundary}${writer.end}`),
  ]);
}

// --- internal ---

const disposition = (name: string) => `Content-Disposition: form-data; name="${name}"`;
const fileDisposition = (fileName: string) => `${disposition("file")}; filename="${fileName}"`;
const wav = "Content-Type: audio/wav";
const binary = "Content-Type: application/octet-stream";

/** Returns the description of a writer whose text parts have only the header with the name of the field. */
function plain(
  name: string,
  boundary: string,
  { type = wav, end = "--\r\n" }: { readonly type?: string; readonly end?: Writer["end"] } = {},
): Writer {
  return {
    name,
    boundary,
    contentType: `multipart/form-data; boundary=${boundary}`,
    field: (field) => [disposition(field)],
    file: (fileName) => [fileDisposition(fileName), type],
    end,
  };
}

const dotnetGuid = "0f5c1d3e-9a9c-4c55-8b0e-6d2a7f1b3c42";

/**
 * The HTTP client of .NET writes a name without quotes if the name has no special characters. It writes the file name
 * twice: as `filename` and as `filename*`.
 */
const dotnet: Writer = {
  name: "HttpClient of .NET",
  boundary: dotnetGuid,
  contentType: `multipart/form-data; boundary="${dotnetGuid}"`,
  field: (name) => [
    "Content-Type: text/plain; charset=utf-8",
    `Content-Disposition: form-data; name=${dotnetQuoted(name)}`,
  ],
  file: (fileName) => [
    wav,
    `Content-Disposition: form-data; name=file; filename=${dotnetQuoted(dotnetMime(fileName))}; ` +
      `filename*=utf-8''${encodeURIComponent(fileName)}`,
  ],
  end: "--\r\n",
};

function dotnetQuoted(text: string): string {
  return /^[\w.-]+$/u.test(text) ? text : `"${text}"`;
}

/** Returns the file name as .NET writes it. A name that is not ASCII becomes an encoded word of MIME. */
function dotnetMime(text: string): string {
  return isAscii(text) ? text : `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`;
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/u.test(text);
}

const guzzleBoundary = "2f3d5b0c6f1e8a4d7c9b0a1e2d3f4c5b6a798081";

/** Guzzle with a version of its library psr7 before 2.7. This version writes the length of each part. */
const guzzleWithLengths: Writer = {
  ...plain("Guzzle of PHP, with lengths", guzzleBoundary),
  field: (name, value) => [disposition(name), `Content-Length: ${Buffer.byteLength(value)}`],
  file: (fileName, bytes) => [fileDisposition(fileName), `Content-Length: ${bytes}`, wav],
};

const symfonyBoundary = "_=_symfony_1764374400_6b1f0c2d9e8a7f45_=_";

/** The boundary of Symfony contains equals signs, but its Content-Type header has no quotes around the boundary. */
const symfony: Writer = {
  ...plain("HttpClient of Symfony", symfonyBoundary),
  field: (name) => [
    "Content-Type: text/plain; charset=utf-8",
    "Content-Transfer-Encoding: 8bit",
    disposition(name),
  ],
  file: (fileName) => [wav, "Content-Transfer-Encoding: 8bit", fileDisposition(fileName)],
};

/** OkHttp before version 5. It writes the length of each part. */
const okhttp4: Writer = {
  ...plain("OkHttp 4", "b7d0b4f2-3c0a-4a57-9f7b-2f1c6f0e8d11"),
  field: (name, value) => [disposition(name), `Content-Length: ${Buffer.byteLength(value)}`],
  file: (fileName, bytes) => [fileDisposition(fileName), wav, `Content-Length: ${bytes}`],
};

const springBoundary = "uX3-_hGk29QmZb7dTfWc0YpLrNs";

const spring: Writer = {
  name: "RestTemplate of Spring",
  boundary: springBoundary,
  contentType: `multipart/form-data;charset=UTF-8;boundary=${springBoundary}`,
  field: (name, value) => [
    disposition(name),
    "Content-Type: text/plain;charset=UTF-8",
    `Content-Length: ${Buffer.byteLength(value)}`,
  ],
  file: (fileName, bytes) => [
    fileDisposition(fileName),
    "Content-Type: application/octet-stream",
    `Content-Length: ${bytes}`,
  ],
  end: "--\r\n",
};

/** Dart writes the names of headers in lower case. */
const dart: Writer = {
  ...plain(
    "package http of Dart",
    "dart-http-boundary-Wc+8Jz_h.xV0k5QnT2yR7bLmE4sGpAuD1oFi9CfXtZ6N",
  ),
  field: (name, value) => [
    `content-disposition: form-data; name="${name}"`,
    ...(isAscii(value)
      ? []
      : ["content-type: text/plain; charset=utf-8", "content-transfer-encoding: binary"]),
  ],
  file: (fileName) => [
    "content-type: application/octet-stream",
    `content-disposition: form-data; name="file"; filename="${fileName}"`,
  ],
};

/** React Native for iOS writes the file name twice, in two forms. */
const reactNative: Writer = {
  ...plain("fetch of React Native", "hGk29QmZb7dTfWc0YpLrNsuX3hGk29QmZb7dTfWc"),
  field: (name) => [`content-disposition: form-data; name="${name}"`],
  file: (fileName) => [
    `content-disposition: form-data; name="file"; filename="${fileName}"; ` +
      `filename*=utf-8''${encodeURIComponent(fileName)}`,
    "content-type: audio/wav",
  ],
};

export const writers: readonly Writer[] = [
  plain("curl of PHP", "------------------------d74496d66958873e", { type: binary }),
  plain("Guzzle of PHP", guzzleBoundary),
  guzzleWithLengths,
  symfony,
  dotnet,
  {
    ...dotnet,
    name: "HttpClient of .NET, with a boundary without quotes",
    contentType: `multipart/form-data; boundary=${dotnetGuid}`,
  },
  plain("MacPaw/OpenAI of Swift", "6F9619FF-8B86-D011-B42D-00CF4FC964FF"),
  plain(
    "URLSession of Swift, with a body written by hand",
    "Boundary-6F9619FF-8B86-D011-B42D-00CF4FC964FF",
    { end: "--" },
  ),
  plain("mime/multipart of Go", "4f9a0c1d2e3b5a6f7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f", {
    type: binary,
  }),
  okhttp4,
  plain("OkHttp 5", "b7d0b4f2-3c0a-4a57-9f7b-2f1c6f0e8d11"),
  plain("reqwest of Rust", "0123456789abcdef-fedcba9876543210-0f1e2d3c4b5a6978-8796a5b4c3d2e1f0"),
  plain("Chrome, Edge and Safari", "----WebKitFormBoundary7MA4YWxkTrZu0gW"),
  plain("Firefox", "----geckoformboundary3a4b5c6d7e8f90a1b2c3d4e5f6071829"),
  plain("older Firefox", "---------------------------9051914041544843365972754266"),
  spring,
  dart,
  reactNative,
];
