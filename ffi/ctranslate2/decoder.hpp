// decoder.hpp: finds the text of encoded chunks. There are two decoders: step_decoder.hpp is ours, for CPUs for which
// cpu/attention.hpp has functions, and search_decoder.hpp runs CTranslate2's searches, on GPUs and other CPUs.
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

    // Decodes a batch of chunks, or a step of each of them. Stores the result or the failure of each chunk that is over in its job.
    // May let chunks pass that are due earlier than `own`.
    virtual void decode(const scheduler::batch & batch, scheduler::share & own) = 0;

    // Returns the logits [n_vocab] after <|startoftranscript|>, the first token.
    virtual std::vector<float> first_logits(const encoding & encoded) = 0;
};

// Maximum number of chunks in a batch. It limits the memory of the decoder's caches.
constexpr size_t batch_max = 16;

// Returns the maximum number of tokens of a text after a prompt.
inline int32_t text_length_max(const asr_model & model, size_t n_prompt) {
    return std::min(model.n_text_ctx / 2, model.n_text_ctx - static_cast<int32_t>(n_prompt) + 1);
}

// Returns the index of <|startoftranscript|> in a prompt.
inline size_t start_of_transcript(const asr_model & model, const std::vector<int32_t> & prompt) {
    return static_cast<size_t>(std::find(prompt.begin(), prompt.end(), model.rules.ids.sot) - prompt.begin());
}

} // namespace asr
