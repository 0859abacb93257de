// token_rules.hpp: applies the rules of whisper_rules.hpp as a logits processor of CTranslate2. If a chunk is cancelled, the
// only allowed next token is the end-of-text token.
#pragma once

namespace asr {

constexpr float lowest_float16 = -65504.0f;

class token_rules : public ctranslate2::LogitsProcessor {
  public:
    // `samples` is the number of sequences per chunk. The search treats each sequence as a batch entry. between_steps() runs before
    // each step.
    token_rules(const asr_model & model, std::vector<const asr_chunk *> chunks, size_t samples, token_trace & trace,
                std::function<void()> between_steps)
        : model_(model), chunks_(std::move(chunks)), samples_(samples), trace_(trace), between_steps_(std::move(between_steps)),
          banned_(model.device() == ctranslate2::Device::CPU ? std::numeric_limits<float>::lowest() : lowest_float16) {}

    // Returns the probability of <|nospeech|> in the first step for each chunk.
    const std::vector<float> & no_speech_probs() const { return no_speech_probs_; }

    void apply(ctranslate2::dim_t step, ctranslate2::StorageView & logits, ctranslate2::DisableTokens &,
               const ctranslate2::StorageView & sequences, const std::vector<ctranslate2::dim_t> & entries,
               const std::vector<std::vector<size_t>> *) override {
        if (logits.device() == ctranslate2::Device::CPU) {
            apply_on_cpu(step, logits, sequences, entries);
            return;
        }
        ctranslate2::StorageView copy = copy_to_cpu(logits);
        apply_on_cpu(step, copy, sequences, entries);
        logits.copy_from(copy.to(logits.device()).to(logits.dtype()));
    }

  private:
    void apply_on_cpu(ctranslate2::dim_t step, ctranslate2::StorageView & logits, const ctranslate2::StorageView & sequences,
                      const std::vector<ctranslate2::dim_t> & entries) {
        if (std::all_of(chunks_.begin(), chunks_.end(), [](const asr_chunk * chunk) { return is_cancelled(*chunk); })) {
            throw failure(ASR_STATUS_CANCELLED, "Cancelled");
        }
        between_steps_();
        const auto   n_rows      = static_cast<size_t>(logits.dim(0));
        const size_t n_rows_each = n_rows / entries.size();
        if (step == 0) {
            measure_no_speech(logits, n_rows);
        }
        for (size_t row = 0; row < n_rows; ++row) {
            const asr_chunk & chunk = *chunks_[static_cast<size_t>(entries[row / n_rows_each]) / samples_];
            const int32_t *   past  = step == 0 ? nullptr : sequences.data<int32_t>() + static_cast<ctranslate2::dim_t>(row) * step;
            apply_to_row(chunk, past, static_cast<size_t>(step), logits.data<float>() + row * n_vocab());
        }
        trace_.begin_step(step, sequences, entries, n_rows);
    }

    size_t n_vocab() const { return static_cast<size_t>(model_.rules.ids.n_vocab); }

    void measure_no_speech(const ctranslate2::StorageView & logits, size_t n_rows) {
        const size_t n_rows_each = n_rows / chunks_.size();
        for (size_t row = 0; row < n_rows; row += n_rows_each) {
            no_speech_probs_.push_back(no_speech_prob(model_.rules.ids, logits.data<float>() + row * n_vocab()));
        }
    }

    void apply_to_row(const asr_chunk & chunk, const int32_t * past, size_t n_past, float * logits) const {
        const auto eot = static_cast<size_t>(model_.rules.ids.eot);
        if (is_cancelled(chunk)) { // only this chunk ends; the other chunks of the batch continue
            ban(logits, 0, eot);
            ban(logits, eot + 1, n_vocab());
            return;
        }
        for (const int32_t id : model_.rules.suppressed) {
            logits[id] = banned_;
        }
        if (n_past == 0) {
            for (const int32_t id : model_.rules.suppressed_first) {
                logits[id] = banned_;
            }
        }
        if (chunk.timestamps == 0) {
            ban(logits, static_cast<size_t>(model_.rules.ids.timestamp_begin()), n_vocab());
        } else {
            apply_timestamp_rules(model_.rules.ids, n_past, [&](size_t i) { return past[i]; }, banned_, logits);
        }
    }

    void ban(float * logits, size_t from, size_t to) const {
        if (from < to) {
            std::fill(logits + from, logits + to, banned_);
        }
    }

    const asr_model &              model_;
    std::vector<const asr_chunk *> chunks_;
    const size_t                   samples_;
    token_trace &                  trace_;
    const std::function<void()>    between_steps_;
    // Logit of a token that is not allowed: the lowest finite number, because CTranslate2's searches need finite
    // scores. On a GPU, it is the lowest float16, because the search may compute in float16.
    const float                    banned_;
    std::vector<float>             no_speech_probs_;
};

} // namespace asr
