// greedy_search.hpp: the path of one chunk through the frames of the encoder, as parakeet-mlx chooses it without beams.
#pragma once

namespace asr::parakeet {

class greedy_search {
  public:
    greedy_search(const head_config & config, int32_t blank, int32_t n_frames)
        : config_(config), blank_(blank), n_frames_(n_frames) {}

    bool is_over() const { return frame_ >= n_frames_; }

    // The frame that the next logits are for.
    int32_t frame() const { return frame_; }

    // Reads logits: of the tokens, of the blank, and for TDT of the durations. Returns the token if it is no blank.
    std::optional<int32_t> next(const float * logits) {
        const auto    n_classes = static_cast<size_t>(blank_) + 1;
        const auto    token     = static_cast<int32_t>(std::max_element(logits, logits + n_classes) - logits);
        const bool    is_blank  = token == blank_;
        const int32_t n_frames  = config_.kind == head_kind::tdt ? duration_of(logits + n_classes) : is_blank ? 1 : 0;
        if (!is_blank) {
            // A token of an RNNT model lasts one frame, although the next token may be in the same frame.
            tokens_.push_back(
                { token, frame_, config_.kind == head_kind::tdt ? n_frames : 1, confidence_of(logits, n_classes) });
        }
        advance(n_frames);
        return is_blank ? std::nullopt : std::optional(token);
    }

    std::vector<frame_token> take_tokens() { return std::move(tokens_); }

  private:
    int32_t duration_of(const float * logits) const {
        return config_
            .durations[static_cast<size_t>(std::max_element(logits, logits + config_.durations.size()) - logits)];
    }

    // Goes on by n frames. After max_symbols steps at the same frame, goes on by one frame.
    void advance(int32_t n) {
        n_symbols_ = n == 0 ? n_symbols_ + 1 : 0;
        if (n_symbols_ == config_.max_symbols) {
            n          = 1;
            n_symbols_ = 0;
        }
        frame_ += n;
    }

    const head_config &      config_;
    const int32_t            blank_;
    const int32_t            n_frames_;
    int32_t                  frame_     = 0;
    int32_t                  n_symbols_ = 0; // steps at this frame
    std::vector<frame_token> tokens_;
};

} // namespace asr::parakeet
