// whisper_window.hpp: the window of audio that Whisper's encoder processes, and the encodings that a lane keeps. A window is
// as long as the caller asks for, within the limits of the engine.
#pragma once

#include "chunk_results.hpp"

namespace asr {

constexpr int32_t positions_per_s = 50; // positions of the encoder's output per second of audio
constexpr int32_t frames_per_pos  = 2;  // frames of log-mel features per position
constexpr int32_t window_step     = 64; // positions

inline float window_seconds(int64_t positions) {
    return static_cast<float>(positions) / positions_per_s;
}

// Returns the length of the chunk's window in positions: the next multiple of window_step, from `min` to `max`.
inline int32_t window_positions(const asr_chunk & chunk, int32_t min, int32_t max) {
    const float window_s = chunk.window_s > 0.0f ? std::min(chunk.window_s, window_seconds(max)) : 0.0f;
    const auto  wanted   = static_cast<int32_t>(std::ceil(window_s * positions_per_s - 1e-3f));
    const auto  steps    = (wanted + window_step - 1) / window_step * window_step;
    return std::min(std::max(steps, min), max);
}

// Removes the encodings that the chunks of a new call cannot reuse. An encoding has the id of its chunk, or 0, and the length
// of its window. window_of(chunk) returns the length of a chunk's window.
template <typename Encodings, typename WindowOf>
void forget_encodings(Encodings & encodings, const asr_chunk * chunks, int32_t n, WindowOf && window_of) {
    encodings.remove_if([&](const auto & kept) {
        return kept.id == 0 || std::none_of(chunks, chunks + n, [&](const asr_chunk & chunk) {
            return chunk.id == kept.id && window_of(chunk) == kept.window;
        });
    });
}

} // namespace asr
