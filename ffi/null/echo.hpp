// echo.hpp: defines the model for the call group prompted. It runs the commands in its prompt (commands.hpp). The
// temperature and the beam size have no effect.
//
// The vocabulary consists of the 256 bytes, end-of-text (256), and the timestamps from 0 to 30 s in steps of 20 ms.
#pragma once

#include "commands.hpp"

namespace asr::echo {

constexpr int32_t n_bytes         = 256;
constexpr int32_t token_eot       = n_bytes;
constexpr int32_t token_timestamp = token_eot + 1;
constexpr int32_t n_timestamps    = 1501;
constexpr int32_t n_vocab         = token_timestamp + n_timestamps;
constexpr float   timestamp_step  = 0.02f;
constexpr float   window_max      = 30.0f;
constexpr int32_t n_prompt_max    = 1024;
constexpr int32_t samples_per_s   = 16000;

inline std::vector<std::string> languages() {
    return { "en", "fr" };
}

inline asr_model_info info() {
    asr_model_info info        = {};
    info.groups                = ASR_GROUP_PROMPTED;
    info.input                 = ASR_INPUT_PCM_16K;
    info.capabilities          = ASR_CAPABILITY_DETECT_LANGUAGE | ASR_CAPABILITY_PROMPT | ASR_CAPABILITY_ALIGN |
                                 ASR_CAPABILITY_TIMESTAMPS | ASR_CAPABILITY_TEMPERATURE;
    info.n_vocab               = n_vocab;
    info.n_languages           = static_cast<int32_t>(languages().size());
    info.n_prompt_max          = n_prompt_max;
    info.token_text_end        = token_eot;
    info.token_timestamp_begin = token_timestamp;
    info.timestamp_step_s      = timestamp_step;
    info.window_max_s          = window_max;
    return info;
}

inline std::string token_text(int32_t id) {
    return std::string(1, static_cast<char>(id));
}

inline void detect_language(const asr_chunk &, chunk_result & out) {
    out.language_probs = { 0.75f, 0.25f };
}

inline float chunk_seconds(const asr_chunk & chunk) {
    return std::min(window_max, static_cast<float>(chunk.n_input) / samples_per_s);
}

inline int32_t timestamp_at(float seconds) {
    return token_timestamp + std::min(n_timestamps - 1, static_cast<int32_t>(std::lround(seconds / timestamp_step)));
}

inline void push_token(chunk_result & out, int32_t id) {
    out.tokens.push_back({ id, 0.0f, 0.0f, 0.0f });
}

inline void decode(const asr_chunk & chunk, chunk_result & out) {
    if (chunk.task == ASR_TASK_TRANSLATE) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot translate: the echo model only transcribes");
    }
    require(chunk.n_input <= static_cast<int64_t>(window_max) * samples_per_s, "Expected a chunk of at most 30 s");
    std::string prompt;
    for (int32_t i = 0; i < chunk.n_prompt; ++i) {
        require(chunk.prompt[i] >= 0 && chunk.prompt[i] < n_bytes, "Expected prompt tokens of text");
        prompt.push_back(static_cast<char>(chunk.prompt[i]));
    }

    std::string        text = std::to_string(chunk.n_input) + " samples";
    std::istringstream commands(prompt);
    for (std::string command; std::getline(commands, command, ';');) {
        text = run_command(command, chunk, text);
    }

    if (chunk.timestamps != 0) {
        push_token(out, token_timestamp);
    }
    for (const char c : " " + text) {
        push_token(out, static_cast<unsigned char>(c));
    }
    if (chunk.timestamps != 0) {
        push_token(out, timestamp_at(chunk_seconds(chunk)));
    }
    const bool silent         = std::all_of(chunk.input, chunk.input + chunk.n_input, [](float x) { return x == 0.0f; });
    out.result.no_speech_prob = silent ? 1.0f : 0.0f;
    out.result.window_s       = chunk.window_s;
    out.result.is_complete    = 1;
}

inline void align(const asr_chunk & chunk, chunk_result & out) {
    const float step = chunk_seconds(chunk) / static_cast<float>(std::max(1, chunk.n_tokens));
    for (int32_t i = 0; i < chunk.n_tokens; ++i) {
        const float start = step * static_cast<float>(i);
        out.tokens.push_back({ chunk.tokens[i], 0.0f, start, start + step });
    }
}

} // namespace asr::echo
