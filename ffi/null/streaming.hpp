// streaming.hpp: defines the level model (level_tokens.hpp) for the call group stream. The input is audio at 24 kHz. A
// token becomes final 6 frames (0.48 s) after its last frame.
#pragma once

#include "level_tokens.hpp"

#include <deque>
#include <memory>

struct asr_stream {
    asr_lane *          lane;
    asr::level_listener listener;
    bool                is_open = true;

    // A token that is not final yet. It becomes final when the stream has received `final_at` complete frames.
    struct waiting_token {
        asr_token token;
        int64_t   final_at;
    };
    std::deque<waiting_token> waiting = {};
};

#include "streams.hpp"

namespace asr::streaming {

constexpr int32_t samples_per_s  = 24000;
constexpr int64_t n_frames_delay = 6;

inline asr_model_info info() {
    return level_info(ASR_GROUP_STREAM, ASR_INPUT_PCM_24K);
}

inline std::unique_ptr<asr_stream> open(asr_lane & lane, const asr_stream_options & options) {
    require_stream_options(options);
    require_level_language(options.language);
    if (options.task == ASR_TASK_TRANSLATE) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot translate: the streaming model only transcribes");
    }
    if (options.temperature > 0.0f) {
        throw failure(ASR_STATUS_UNSUPPORTED, "Cannot sample: the streaming model does not support a temperature");
    }
    return std::unique_ptr<asr_stream>(new asr_stream{ &lane, level_listener(samples_per_s) });
}

// Feeds samples to a stream, one frame after the other. Therefore the tokens, and the frames at which they become
// final, do not depend on how the samples are divided into calls.
inline void feed(const asr_stream_input & input, chunk_result & out) {
    asr_stream &           stream = *input.stream;
    std::vector<asr_token> ended;
    stream.listener.push(input.input, input.n_input, input.cancel, ended);
    if (input.is_last != 0) {
        stream.listener.finish(input.cancel, ended);
    }
    for (const asr_token & token : ended) {
        stream.waiting.push_back({ token, std::llround(token.end_s / frame_seconds) + n_frames_delay });
    }
    while (!stream.waiting.empty() &&
           (input.is_last != 0 || stream.waiting.front().final_at <= stream.listener.n_frames())) {
        out.tokens.push_back(stream.waiting.front().token);
        stream.waiting.pop_front();
    }
    set_level_result(out, input.is_last != 0);
}

} // namespace asr::streaming
