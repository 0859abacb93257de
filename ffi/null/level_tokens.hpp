// level_tokens.hpp: the level models convert the level of audio to tokens with times. There is one level model for each call
// group without prompts (transducer.hpp, streaming.hpp).
//
//   samples -> frames of 80 ms from the start of the chunk or stream -> peak level of each frame -> symbol -> token
//
//     peak p                symbol
//     below 0.01            silence
//     0.01 .. 0.9           a letter: "a" below 0.1, "b" below 0.2, ... "i" below 0.9
//     0.9 .. 0.99           "."
//     above 0.99            silence; the engine also sleeps until a cancel or for 20 ms, so that tests can keep it busy
//
// Successive frames with the same symbol give one token. The token starts with its first frame. It ends with its last frame
// or with the end of the audio. A letter after silence or "." starts a word, so the bytes of its token start with a space. The
// log-probability of a token is the natural logarithm of its highest peak.
//
// Example: after silence, 0.4 s of a square wave of amplitude 0.15 and then 0.4 s of amplitude 0.35 give the word " bd", which
// has two tokens.
//
// The vocabulary: "a" to "i" (0 to 8), "." (9), " a" to " i" (10 to 18), and the blank (19), which the models never return.
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
constexpr float   peak_work     = 0.99f; // a peak above this value starts a sleep; samples are at most 1

constexpr int32_t symbol_silence = -1;

inline std::string level_token_text(int32_t id) {
    if (id == token_stop) {
        return ".";
    }
    const bool is_word = id >= token_word;
    return (is_word ? " " : "") + std::string(1, static_cast<char>('a' + id - (is_word ? token_word : 0)));
}

// Returns the properties of a level model. `group` is one of ASR_GROUP_*, and `input` is one of ASR_INPUT_*.
inline asr_model_info level_info(int32_t group, int32_t input) {
    asr_model_info info        = {};
    info.groups                = group;
    info.input                 = input;
    info.n_vocab               = n_level_vocab;
    info.n_languages           = 1;
    info.token_text_end        = token_blank;
    info.token_timestamp_begin = -1;
    info.frame_s               = frame_seconds;
    return info;
}

// Checks a language index. It must be 0, because the level models have one language, or -1 for an unknown language.
inline void require_level_language(int32_t language) {
    require(language == 0 || language == -1, "Expected the index of a language, or -1");
}

inline void set_level_result(chunk_result & out, bool is_complete) {
    out.result.avg_logprob = mean_logprob(out.tokens);
    out.result.is_complete = is_complete ? 1 : 0;
}

// Converts the samples of one chunk or stream to tokens. The tokens do not depend on how the samples are divided into
// calls.
class level_listener {
  public:
    explicit level_listener(int32_t samples_per_s)
        : samples_per_s_(samples_per_s), samples_per_frame_(samples_per_s * 2 / 25) {}

    // Processes the next samples. If a token ends in these samples, appends it to `ended`.
    void push(const float * samples, int64_t n, const volatile int32_t * cancel, std::vector<asr_token> & ended) {
        for (int64_t i = 0; i < n; ++i) {
            peak_ = std::max(peak_, std::fabs(samples[i]));
            if (++n_samples_ % samples_per_frame_ == 0) {
                end_frame(cancel, ended);
            }
        }
    }

    // Processes the last frame, which may be incomplete, and appends the last token to `ended`.
    void finish(const volatile int32_t * cancel, std::vector<asr_token> & ended) {
        if (n_samples_ % samples_per_frame_ != 0) {
            end_frame(cancel, ended);
        }
        end_token(ended);
    }

    // Returns the number of complete frames that were pushed.
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
    float     peak_       = 0.0f; // peak level of the incomplete frame
    int32_t   symbol_     = symbol_silence; // symbol of the last complete frame
    asr_token token_      = {};             // the unfinished token, whose symbol is `symbol_`
    float     token_peak_ = 0.0f;
};

} // namespace asr
