// joint.hpp: the part of a transducer that joins a frame of the encoder and the tokens so far to logits: of the tokens, of the
// blank after them, and of the durations (TDT).
#pragma once

namespace asr::parakeet {

class joint {
  public:
    joint(weight_reader & reader, const model_config & config)
        : activation_(config.head.activation),
          frame_(reader.linear("joint.enc", config.head.n_joint, config.encoder.n_state, true)),
          text_(reader.linear("joint.pred", config.head.n_joint, config.head.n_predictor, true)),
          out_(reader.linear("joint.joint_net.2",
                             config.blank() + 1 + static_cast<int64_t>(config.head.durations.size()),
                             config.head.n_joint, true)) {}

    // Converts frames of the encoder [.., n_state] to [.., n_joint].
    mx::array of_frames(const mx::array & frames) const { return linear(frame_, frames); }

    // Converts the output of the predictor [n_batch, n_predictor] to [n_batch, n_joint].
    mx::array of_text(const mx::array & features) const { return linear(text_, features); }

    // Returns logits [n_batch, n_outputs]. Both inputs have been converted to [n_batch, n_joint].
    mx::array logits(const mx::array & frames, const mx::array & text) const {
        return linear(out_, activate(mx::add(frames, text)));
    }

  private:
    mx::array activate(const mx::array & x) const {
        if (activation_ == "sigmoid") {
            return mx::sigmoid(x);
        }
        return activation_ == "tanh" ? mx::tanh(x) : relu(x);
    }

    std::string    activation_;
    linear_weights frame_, text_, out_;
};

} // namespace asr::parakeet
