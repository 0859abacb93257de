// whisper_tokens.hpp: the control tokens of a Whisper vocabulary, and the tokens that a decoder reads before it writes the
// text. It contains only ids, so every engine for Whisper models can use it.
#pragma once

#include "guard.hpp"

#include <algorithm>
#include <vector>

namespace asr {

constexpr float timestamp_step_s = 0.02f;

// Ids of the control tokens. Text tokens have lower ids, and timestamp tokens have higher ids.
struct control_tokens {
    int32_t eot           = 0; // <|endoftext|>; ids below it are text tokens
    int32_t sot           = 0; // <|startoftranscript|>; the next ids are the languages
    int32_t translate     = 0;
    int32_t transcribe    = 0;
    int32_t prev          = 0; // <|startofprev|>
    int32_t no_speech     = 0;
    int32_t no_timestamps = 0; // <|notimestamps|>; the next ids are the timestamps, starting with timestamp 0
    int32_t n_vocab       = 0;
    int32_t n_languages   = 0; // 0: the model knows only English, and reads no language and no task

    int32_t timestamp_begin() const { return no_timestamps + 1; }
};

// Returns the tokens before the text: <|startoftranscript|> [<|language|> <|task|>] [<|notimestamps|>]. The parts in
// brackets are optional.
inline std::vector<int32_t> start_tokens(const control_tokens & ids, const asr_chunk & chunk, bool timestamps) {
    std::vector<int32_t> tokens = { ids.sot };
    if (ids.n_languages > 0) {
        require(chunk.language >= 0 && chunk.language < ids.n_languages, "Expected the index of a language");
        tokens.push_back(ids.sot + 1 + chunk.language);
        tokens.push_back(chunk.task == ASR_TASK_TRANSLATE ? ids.translate : ids.transcribe);
    } else if (chunk.task == ASR_TASK_TRANSLATE) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot translate: the model knows only English");
    }
    if (!timestamps) {
        tokens.push_back(ids.no_timestamps);
    }
    return tokens;
}

// Returns <|startofprev|> and the last n_max tokens of the text that precedes the chunk. Returns nothing if the chunk has no
// such text.
inline std::vector<int32_t> past_tokens(const control_tokens & ids, const asr_chunk & chunk, int32_t n_max) {
    std::vector<int32_t> tokens;
    if (chunk.n_prompt > 0) {
        tokens.push_back(ids.prev);
        const int32_t n = std::min(chunk.n_prompt, n_max);
        for (const int32_t * id = chunk.prompt + chunk.n_prompt - n; id < chunk.prompt + chunk.n_prompt; ++id) {
            require(*id >= 0 && *id < ids.eot, "Expected prompt tokens of text");
            tokens.push_back(*id);
        }
    }
    return tokens;
}

} // namespace asr
