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
      purpose: "Write subtitles of a file, or of many files to a folder",
      lines: [
        "open-asr-server transcribe talk.mp3 --format srt --output talk.srt",
        "open-asr-server transcribe *.mp3 --format vtt --output subtitles/",
      ],
    },
    {
      purpose: "Write text and subtitles next to each recording in a folder",
      lines: ["open-asr-server transcribe talks/ --recursive --beside --format srt,txt"],
    },
    {
      purpose: "Do the same again later, only for new and changed recordings",
      lines: ["open-asr-server transcribe talks/ -r --beside -f srt,txt --resume"],
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
  doctor: [
    { purpose: "Check this machine", lines: ["open-asr-server doctor"] },
    {
      purpose: "Also check the network, and write a report for an issue",
      lines: ["open-asr-server doctor --online --json > report.json"],
    },
    {
      purpose: "Explain why the GPU cannot be used",
      lines: ["open-asr-server doctor --device gpu"],
    },
  ],
  models: [
    {
      purpose: "Download a model and use it",
      lines: [
        "open-asr-server models pull large-v3-turbo",
        "open-asr-server transcribe talk.mp3 --model large-v3-turbo",
      ],
    },
    { purpose: "List names that can be pulled", lines: ["open-asr-server models list --all"] },
  ],
  "models list": [
    { purpose: "List the models on this machine", lines: ["open-asr-server models list"] },
    {
      purpose: "Also list what can be downloaded, as JSON",
      lines: ["open-asr-server models list --all --json"],
    },
  ],
  "models show": [
    {
      purpose: "Ask the hub for the size and the licence before a download",
      lines: ["open-asr-server models show large-v3-turbo"],
    },
  ],
  "models pull": [
    {
      purpose: "Download two models; after Ctrl-C, the same command continues",
      lines: ["open-asr-server models pull small large-v3-turbo"],
    },
    {
      purpose: "Download a repository at a tag, branch or commit",
      lines: ["open-asr-server models pull Systran/faster-whisper-small@main"],
    },
  ],
  "models rm": [
    { purpose: "Remove a downloaded model", lines: ["open-asr-server models rm small"] },
  ],
  "models import": [
    {
      purpose: "Copy a downloaded model to a machine without a network",
      lines: [
        "cd ~/.cache/huggingface/hub",
        "tar -cf ~/model.tar models--Systran--faster-whisper-small",
        "open-asr-server models import ~/model.tar",
      ],
    },
    {
      purpose: "Import a file or a folder under a name that --model finds",
      lines: [
        "open-asr-server models import ggml-small.bin",
        "open-asr-server models import ./converted --name acme/faster-whisper-support",
      ],
    },
  ],
  "models path": [
    { purpose: "Print where the files are", lines: ["open-asr-server models path small"] },
  ],
  "models recommend": [
    {
      purpose: "Find the best model of this machine for English",
      lines: ["open-asr-server models recommend --languages en"],
    },
  ],
  smoke: [
    { purpose: "Test every backend that is ready", lines: ["open-asr-server smoke"] },
    {
      purpose: "Test all downloaded models of a backend",
      lines: ["open-asr-server smoke whisper-cpp"],
    },
  ],
  bench: [
    { purpose: "Measure the default model, in about a minute", lines: ["open-asr-server bench"] },
    {
      purpose: "Compare two models, and save the tables for an issue",
      lines: ["open-asr-server bench base whisper-cpp:base > bench.md"],
    },
  ],
  backends: [
    { purpose: "Show backends and models", lines: ["open-asr-server backends"] },
    {
      purpose: "Show what a model can do, as JSON",
      lines: ["open-asr-server backends -m /models/ggml-small.bin --json"],
    },
  ],
  config: [
    {
      purpose: "Show what `serve` would use, and where each value comes from",
      lines: ["open-asr-server config", "open-asr-server config --port 9000"],
    },
    {
      purpose: "Start a configuration file",
      lines: ["open-asr-server config --example > config.toml"],
    },
    {
      purpose: "Check a configuration file before the server reads it",
      lines: ["open-asr-server config --config /etc/open-asr-server/config.toml"],
    },
  ],
  "service install": [
    {
      purpose: "Serve on port 9000 at every login",
      lines: ["open-asr-server service install --port 9000"],
    },
    {
      purpose: "Print the file of the service, to change it or to use it for all users",
      lines: ["open-asr-server service install --print"],
    },
  ],
  "service status": [
    { purpose: "Print whether the server runs", lines: ["open-asr-server service status"] },
  ],
  "service remove": [
    {
      purpose: "Stop the server and remove the service",
      lines: ["open-asr-server service remove"],
    },
  ],
  health: [
    { purpose: "Check the server on the default port", lines: ["open-asr-server health"] },
    {
      purpose: "Wait until a server has loaded its models",
      lines: ["open-asr-server health --port 9000 --ready --wait 60"],
    },
  ],
  version: [
    { purpose: "Ask whether there is a newer version", lines: ["open-asr-server version --check"] },
  ],
  completion: [
    {
      purpose: "Add the line of your shell to ~/.bashrc, or to ~/.zshrc after compinit",
      lines: [
        'eval "$(open-asr-server completion bash)"',
        'eval "$(open-asr-server completion zsh)"',
      ],
    },
    {
      purpose: "Install the completion of fish",
      lines: [
        "mkdir -p ~/.config/fish/completions",
        "open-asr-server completion fish \\",
        "    > ~/.config/fish/completions/open-asr-server.fish",
      ],
    },
  ],
  man: [
    {
      purpose: "Read the manual page, or install it for `man open-asr-server`",
      lines: [
        "open-asr-server man | man -l -",
        "open-asr-server man | sudo tee /usr/local/share/man/man1/open-asr-server.1",
      ],
    },
  ],
};
