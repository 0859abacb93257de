/** Examples that the help of each command prints. */

export interface Example {
  readonly purpose: string;
  readonly lines: readonly string[];
}

export const examples: Readonly<Record<string, readonly Example[]>> = {
  "open-asr-server": [
    { purpose: "Serve on http://127.0.0.1:8000", lines: ["open-asr-server serve"] },
    {
      purpose: "Print the transcript of a file, without a server",
      lines: ["open-asr-server transcribe talk.mp3"],
    },
    { purpose: "Explain a command", lines: ["open-asr-server help serve"] },
  ],
  serve: [
    {
      purpose: "Serve on port 9000, and send a file from another terminal",
      lines: [
        "open-asr-server serve --port 9000",
        "curl http://127.0.0.1:9000/v1/audio/transcriptions -F file=@talk.mp3",
      ],
    },
    {
      purpose: "Serve other machines, with an API key",
      lines: ["OPEN_ASR_SERVER_API_KEY=secret open-asr-server serve --host 0.0.0.0"],
    },
    {
      purpose: "Use another model, and load it at startup",
      lines: ["open-asr-server serve -m /models/ggml-small.bin"],
    },
    {
      purpose: "Detect faint speech too; a request overrides this with -F vad=off",
      lines: ["open-asr-server serve --vad-threshold 0.3"],
    },
  ],
  transcribe: [
    { purpose: "Print the text of a file", lines: ["open-asr-server transcribe talk.mp3"] },
    {
      purpose: "Write subtitles beside the recording, or of many files to a folder",
      lines: [
        "open-asr-server transcribe talk.mp3 --format srt --output talk.srt",
        "open-asr-server transcribe *.mp3 --format vtt --output subtitles/",
      ],
    },
    {
      purpose: "Print segments and words with their times, as JSON",
      lines: ["open-asr-server transcribe talk.mp3 --format verbose_json --words"],
    },
    {
      purpose: "Read standard input",
      lines: ["cat talk.mp3 | open-asr-server transcribe - --language en"],
    },
    {
      purpose: "Ignore more noise",
      lines: [
        "open-asr-server transcribe noisy.mp3 \\",
        "    --vad-threshold 0.7 --vad-min-speech-ms 250",
      ],
    },
  ],
  backends: [
    { purpose: "Show backends and models", lines: ["open-asr-server backends"] },
    {
      purpose: "Show what a model can do, as JSON",
      lines: ["open-asr-server backends -m /models/ggml-small.bin --json"],
    },
  ],
};
