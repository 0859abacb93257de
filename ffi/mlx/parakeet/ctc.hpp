// ctc.hpp: the head of CTC models. Each frame has one row of log-probabilities. The most likely token of a frame counts when it
// differs from that of the frame before.
#pragma once

namespace asr::parakeet {

// Finds the tokens in log-probabilities [n_frames, blank + 1]. A token lasts until the next token starts. The last one lasts
// until its last frame. Its confidence is the mean of the frames.
//
// parakeet-mlx drops a token that equals the token before the blank before it. Here it counts, as CTC defines: otherwise a word
// that is said twice would be written once.
inline std::vector<frame_token> ctc_tokens(const float * logprobs, int32_t n_frames, int32_t blank) {
    const auto               n_classes = static_cast<size_t>(blank) + 1;
    std::vector<frame_token> tokens;
    int32_t                  before = blank; // most likely token of the frame before
    int32_t                  end    = 0;     // frame after the last frame of the last token
    for (int32_t frame = 0; frame < n_frames; ++frame) {
        const float * row   = logprobs + static_cast<size_t>(frame) * n_classes;
        const auto    token = static_cast<int32_t>(std::max_element(row, row + n_classes) - row);
        if (token != blank) {
            if (token != before) {
                tokens.push_back({ token, frame, 0, 0.0 });
            }
            end = frame + 1;
        }
        before = token;
    }
    for (size_t i = 0; i < tokens.size(); ++i) {
        frame_token & token = tokens[i];
        token.n_frames      = (i + 1 < tokens.size() ? tokens[i + 1].frame : end) - token.frame;
        for (int32_t frame = token.frame; frame < token.frame + token.n_frames; ++frame) {
            token.confidence +=
                confidence_of(logprobs + static_cast<size_t>(frame) * n_classes, n_classes) / token.n_frames;
        }
    }
    return tokens;
}

class ctc {
  public:
    ctc(weight_reader & reader, const model_config & config)
        : blank_(config.blank()), out_(read_pointwise(reader, "decoder.decoder_layers.0",
                                                      { config.blank() + 1, 1, config.encoder.n_state }, true)) {}

    // Returns the tokens of a chunk whose frames are encoded.
    std::vector<frame_token> decode(const recognition & chunk) const {
        const mx::array logits   = mx::astype(linear(out_, mx::squeeze(*chunk.frames, 0)), mx::float32);
        mx::array       logprobs = mx::contiguous(mx::subtract(logits, mx::logsumexp(logits, -1, /*keepdims=*/true)));
        logprobs.eval();
        return ctc_tokens(logprobs.data<float>(), chunk.n_frames(), blank_);
    }

  private:
    int32_t        blank_;
    linear_weights out_;
};

} // namespace asr::parakeet
