// timed_tokens.hpp: converts tokens with frames to the tokens of asr.h.
#pragma once

namespace asr::parakeet {

// A token that a decoder found.
struct frame_token {
    int32_t id;
    int32_t frame;    // first frame of the encoder
    int32_t n_frames; // may be 0
    double  confidence;
};

// Converts frames to seconds. The encoder also makes frames of the padding after the audio: their tokens start with the last
// frame of the audio, and end with the audio.
inline std::vector<asr_token> timed_tokens(const std::vector<frame_token> & tokens, float audio_s, float frame_s) {
    const float            last_s = std::floor(audio_s / frame_s) * frame_s;
    std::vector<asr_token> timed;
    for (const frame_token & token : tokens) {
        const float start_s = std::min(static_cast<float>(token.frame) * frame_s, last_s);
        const float end_s   = std::min(static_cast<float>(token.frame + token.n_frames) * frame_s, audio_s);
        timed.push_back({ token.id, logprob_of(token.confidence), start_s, std::max(start_s, end_s) });
    }
    return timed;
}

} // namespace asr::parakeet
