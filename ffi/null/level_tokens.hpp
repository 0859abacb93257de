// level_tokens.hpp: from audio to tokens with times, by the level of each frame. Both models that take no prompt use it.
//
//   samples -> frames of 80 ms, from the start of the chunk or stream on -> peak level of each -> symbol -> token
//
//     peak p                symbol
//     below 0.01            silence
//     0.01 .. 0.9           a letter: "a" below 0.1, "b" below 0.2, ... "i" below 0.9
//     0.9 .. 0.99           "."
//     above 0.99            silence, after 20 ms of work that the cancel flag can stop: for tests that need a busy engine
//
// Successive frames of one symbol make one token, which starts with the first of them and ends with the last (or with the
// audio). A letter after silence or "." starts a word: its token's bytes begin with a space. The log-probability of a token is the
// natural logarithm of its highest peak. So 0.4 s of a square wave of amplitude 0.15 and then 0.4 s at 0.35, with silence
// before them, are the word " bd" of two tokens, wherever the frames fall.
//
// The vocabulary: "a" to "i" (0 to 8), "." (9), " a" to " i" (10 to 18), and the blank (19), which is never given.
#pragma once

#include "chunk_results.hpp"
#include "pause.hpp"

namespace asr {

constexpr float   frame_seconds = 0.08f;
constexpr int32_t n_letters     = 9;
constexpr int32_t token_stop    = n_letters;
constexpr int32_t token_word    = token_stop + 1; // " a"
constexpr int32_t token_blank   = token_word + n_letters;
constexpr int32_t n_level_vocab = token_blank + 1;
constexpr int64_t loud_work_ms  = 20;
constexpr float   peak_silent   = 0.01f;
constexpr float   peak_work     = 0.99f; // decoded audio reaches 1, so end-to-end tests can use this level

constexpr int32_t symbol_silence = -1;

inline std::string level_token_text(int32_t id) {
    if (id == token_stop) {
        return ".";
    }
    const bool is_word = id >= token_word;
    const auto letter  = std::string(1, static_cast<char>('a' + id - (is_word ? token_word : 0)));
    return id == token_blank ? std::string() : (is_word ? " " : "") + letter;
}

inline void fill_level_info(asr_model_info & info) {
    info.n_vocab               = n_level_vocab;
    info.n_languages           = 1;
    info.token_text_end        = token_blank;
    info.token_timestamp_begin = -1;
    info.frame_s               = frame_seconds;
}

// Turns the samples of one chunk or one stream into tokens, however they are divided into calls.
class level_listener {
  public:
    explicit level_listener(int32_t samples_per_s)
        : samples_per_s_(samples_per_s), samples_per_frame_(samples_per_s * 2 / 25) {}

    // Adds the tokens that end in these samples to `ended`.
    void push(const float * samples, int64_t n, const volatile int32_t * cancel, std::vector<asr_token> & ended) {
        for (int64_t i = 0; i < n; ++i) {
            peak_ = std::max(peak_, std::fabs(samples[i]));
            if (++n_samples_ % samples_per_frame_ == 0) {
                end_frame(cancel, ended);
            }
        }
    }

    // Ends the audio; its last frame may be incomplete.
    void finish(const volatile int32_t * cancel, std::vector<asr_token> & ended) {
        if (n_samples_ % samples_per_frame_ != 0) {
            end_frame(cancel, ended);
        }
        end_token(ended);
    }

    // Number of complete frames so far.
    int64_t n_frames() const { return n_samples_ / samples_per_frame_; }

  private:
    static int32_t symbol_of(float peak) {
        if (peak < peak_silent || peak > peak_work) {
            return symbol_silence;
        }
        return std::min(static_cast<int32_t>(peak * 10.0f), token_stop);
    }

    float seconds(int64_t n_samples) const { return static_cast<float>(static_cast<double>(n_samples) / samples_per_s_); }

    void end_frame(const volatile int32_t * cancel, std::vector<asr_token> & ended) {
        if (peak_ > peak_work) {
            pause_ms(loud_work_ms, cancel);
        }
        const int32_t symbol = symbol_of(peak_);
        if (symbol != symbol_) {
            end_token(ended);
            const bool    starts_word = (symbol_ == symbol_silence || symbol_ == token_stop) && symbol < token_stop;
            const int64_t start       = (n_samples_ - 1) / samples_per_frame_ * samples_per_frame_;
            token_                    = { starts_word ? token_word + symbol : symbol, 0.0f, seconds(start), 0.0f };
            symbol_                   = symbol;
            token_peak_               = 0.0f;
        }
        token_peak_  = std::max(token_peak_, peak_);
        token_.end_s = seconds(n_samples_);
        peak_        = 0.0f;
    }

    void end_token(std::vector<asr_token> & ended) {
        if (symbol_ == symbol_silence) {
            return;
        }
        token_.logprob = std::log(token_peak_);
        ended.push_back(token_);
    }

    int32_t   samples_per_s_;
    int64_t   samples_per_frame_;
    int64_t   n_samples_  = 0;
    float     peak_       = 0.0f; // peak of the incomplete frame
    int32_t   symbol_     = symbol_silence; // symbol of the last frame
    asr_token token_      = {};             // token of the frames with that symbol
    float     token_peak_ = 0.0f;
};

} // namespace asr
