// decoder.hpp: runs Whisper's decoder for a batch of encoded chunks. CTranslate2's searches call it for each step.
#pragma once

namespace asr {

struct encoding {
    int64_t                  id; // id of the chunk; 0: no id, so later calls cannot use this encoding
    ctranslate2::dim_t       window;
    ctranslate2::StorageView output; // [1, window, n_state]
};

class decoder {
  public:
    virtual ~decoder() = default;

    // Starts a batch of chunks with these encodings. Returns the state of the decoder before the first token.
    virtual ctranslate2::layers::DecoderState begin(const std::vector<const encoding *> & encodings) = 0;

    // Reads the first tokens [n_chunks, n_tokens] of each chunk. Returns what the decoder computes for them
    // [n_chunks, n_tokens, n_state].
    virtual ctranslate2::StorageView read(const ctranslate2::StorageView &    tokens,
                                          ctranslate2::layers::DecoderState & state) = 0;

    // Computes the logits [n_chunks, n_vocab] after the token at `position` from the result of read().
    virtual void compute_logits(const ctranslate2::StorageView & outputs, int32_t position,
                                ctranslate2::StorageView & logits) = 0;

    // The decoder for a search, which reads one token of each row in each step.
    virtual ctranslate2::layers::Decoder & steps() = 0;

    // Frees the memory of the batch.
    virtual void end() {}
};

// Frees the memory of a batch at the end of a scope.
struct end_of_batch {
    decoder & of;

    ~end_of_batch() { of.end(); }
};

// CTranslate2's own decoder, for GPUs and for CPUs without functions of ours.
class ctranslate2_decoder : public decoder {
  public:
    explicit ctranslate2_decoder(const ctranslate2::models::Model & model) : layers_(model, "decoder") {}

    // Puts the encodings one after the other. Shorter ones are padded with zeros, which the decoder does not read.
    ctranslate2::layers::DecoderState begin(const std::vector<const encoding *> & encodings) override {
        ctranslate2::layers::DecoderState state = layers_.initial_state();
        if (encodings.size() == 1) {
            state.emplace("memory", encodings[0]->output);
            return state;
        }
        std::vector<int32_t> windows;
        for (const encoding * one : encodings) {
            windows.push_back(static_cast<int32_t>(one->window));
        }
        const int32_t            longest = *std::max_element(windows.begin(), windows.end());
        const auto               n       = static_cast<ctranslate2::dim_t>(encodings.size());
        const ctranslate2::dim_t n_state = encodings[0]->output.dim(2);
        ctranslate2::StorageView joined({ n, longest, n_state }, 0.0f);
        for (size_t i = 0; i < encodings.size(); ++i) {
            std::copy_n(encodings[i]->output.data<float>(), windows[i] * n_state,
                        joined.data<float>() + static_cast<ctranslate2::dim_t>(i) * longest * n_state);
        }
        state.emplace("memory", std::move(joined));
        if (std::any_of(windows.begin(), windows.end(), [&](int32_t window) { return window < longest; })) {
            state.emplace("memory_lengths", ctranslate2::StorageView({ n }, windows));
        }
        return state;
    }

    ctranslate2::StorageView read(const ctranslate2::StorageView &    tokens,
                                  ctranslate2::layers::DecoderState & state) override {
        ctranslate2::StorageView outputs(layers_.output_type(), layers_.device());
        layers_.forward_prompt(tokens, state, &outputs);
        return outputs;
    }

    void compute_logits(const ctranslate2::StorageView & outputs, int32_t position,
                        ctranslate2::StorageView & logits) override {
        layers_.compute_logits_for_steps(
            outputs, ctranslate2::StorageView({ outputs.dim(0) }, position, layers_.device()), logits);
    }

    ctranslate2::layers::Decoder & steps() override { return layers_; }

  private:
    ctranslate2::layers::WhisperDecoder layers_;
};

} // namespace asr
