// token_trace.hpp: finds the log-probability of each token of a result. CTranslate2's searches only return the
// log-probability of a whole sequence. Therefore token_trace, a sampler, records every candidate token of a search.
// After the search, it finds the candidates that form the result.
#pragma once

namespace asr {

class token_trace : public ctranslate2::Sampler {
  public:
    // `scores_add_up` means that the scores that the search passes to the sampler are sums over the sequence, as in
    // beam search.
    token_trace(const ctranslate2::Sampler & sampler, bool scores_add_up) : sampler_(sampler), scores_add_up_(scores_add_up) {}

    // Prepares for a step. Call this function before each step. `sequences` [n_rows, step] contains the sequences that
    // the step extends, grouped by batch entry.
    void begin_step(ctranslate2::dim_t step, const ctranslate2::StorageView & sequences,
                    const std::vector<ctranslate2::dim_t> & entries, size_t n_rows) {
        const std::vector<int32_t> past = step == 0 ? std::vector<int32_t>(n_rows, -1) : find_rows(step, sequences, entries, n_rows);
        rows_                           = past;
        entries_                        = entries;
        step_                           = static_cast<int32_t>(step);
        step_begin_                     = candidates_.size();
    }

    struct scored {
        std::vector<asr_token> tokens;
        float                  sum_logprob; // includes the end-of-text token if the sequence has one
    };

    // Returns the log-probabilities of the tokens of a result. Searches only the batch entries from first_entry to
    // first_entry + n_entries - 1. `end` is the token after the result; -1 if there is no such token.
    scored score(const std::vector<size_t> & result, int32_t end, ctranslate2::dim_t first_entry, ctranslate2::dim_t n_entries) const {
        std::vector<int32_t> tokens(result.begin(), result.end());
        if (end >= 0) {
            tokens.push_back(end);
        }
        for (size_t i = 0; i < candidates_.size() && !tokens.empty(); ++i) {
            const candidate & c = candidates_[i];
            if (c.step + 1 == static_cast<int32_t>(tokens.size()) && c.entry >= first_entry && c.entry < first_entry + n_entries &&
                spells(static_cast<int32_t>(i), tokens.data())) {
                return walk_back(static_cast<int32_t>(i), result);
            }
        }
        throw failure(ASR_STATUS_INTERNAL, "Cannot score a result: the search never sampled it");
    }

  protected:
    void sample(const ctranslate2::StorageView & scores, ctranslate2::dim_t n_samples, ctranslate2::StorageView & ids,
                ctranslate2::StorageView & sampled_scores) const override {
        if (scores.device() == ctranslate2::Device::CPU) {
            sampler_(scores, ids, sampled_scores, n_samples);
            record(scores, n_samples, ids, sampled_scores);
            return;
        }
        // The CPU samples the scores of a GPU, because a sampler on a GPU ignores the seed of the chunk.
        const ctranslate2::StorageView copy = copy_to_cpu(scores);
        ctranslate2::StorageView       copied_ids(ctranslate2::DataType::INT32);
        ctranslate2::StorageView       copied_scores;
        sampler_(copy, copied_ids, copied_scores, n_samples);
        record(copy, n_samples, copied_ids, copied_scores);
        ids.copy_from(copied_ids);
        sampled_scores.copy_from(copied_scores.to(sampled_scores.device()).to(sampled_scores.dtype()));
    }

  private:
    void record(const ctranslate2::StorageView & scores, ctranslate2::dim_t n_samples, const ctranslate2::StorageView & ids,
                const ctranslate2::StorageView & sampled_scores) const {
        const auto n_vocab = scores.dim(-1) * static_cast<ctranslate2::dim_t>(entries_.size()) /
                             static_cast<ctranslate2::dim_t>(rows_.size());
        const size_t n_rows_each = rows_.size() / entries_.size();
        for (size_t entry = 0; entry < entries_.size(); ++entry) {
            for (ctranslate2::dim_t k = 0; k < n_samples; ++k) {
                const auto  at     = static_cast<ctranslate2::dim_t>(entry) * n_samples + k;
                const auto  id     = ids.data<int32_t>()[at];
                const auto  row    = entry * n_rows_each + static_cast<size_t>(id / n_vocab);
                const auto  parent = rows_[row];
                const float before = parent < 0 ? 0.0f : candidates_[static_cast<size_t>(parent)].sum_logprob;
                const float score  = sampled_scores.data<float>()[at];
                const float sum    = scores_add_up_ ? score : before + score;
                candidates_.push_back({ static_cast<int32_t>(id % n_vocab), parent, step_, entries_[entry], sum - before, sum });
            }
        }
    }

    struct candidate {
        int32_t            token;
        int32_t            parent; // index of the previous candidate in its sequence; -1 in the first step
        int32_t            step;
        ctranslate2::dim_t entry; // index of the batch entry
        float              logprob;
        float              sum_logprob;
    };

    // Each row of a step continues a candidate of the last step. Returns the index of this candidate in candidates_ for
    // each row.
    std::vector<int32_t> find_rows(ctranslate2::dim_t step, const ctranslate2::StorageView & sequences,
                                   const std::vector<ctranslate2::dim_t> & entries, size_t n_rows) const {
        std::vector<int32_t> rows;
        for (size_t row = 0; row < n_rows; ++row) {
            const int32_t * sequence = sequences.data<int32_t>() + static_cast<ctranslate2::dim_t>(row) * step;
            const auto      entry    = entries[row / (n_rows / entries.size())];
            size_t          at       = step_begin_;
            while (at < candidates_.size() &&
                   (candidates_[at].entry != entry || !spells(static_cast<int32_t>(at), sequence))) {
                ++at;
            }
            if (at == candidates_.size()) {
                throw failure(ASR_STATUS_INTERNAL, "Cannot score a sequence: the search never sampled it");
            }
            rows.push_back(static_cast<int32_t>(at));
        }
        return rows;
    }

    bool spells(int32_t index, const int32_t * tokens) const {
        for (; index >= 0; index = candidates_[static_cast<size_t>(index)].parent) {
            const candidate & c = candidates_[static_cast<size_t>(index)];
            if (c.token != tokens[c.step]) {
                return false;
            }
        }
        return true;
    }

    scored walk_back(int32_t index, const std::vector<size_t> & result) const {
        scored out = { std::vector<asr_token>(result.size()), candidates_[static_cast<size_t>(index)].sum_logprob };
        for (; index >= 0; index = candidates_[static_cast<size_t>(index)].parent) {
            const candidate & c  = candidates_[static_cast<size_t>(index)];
            const auto        at = static_cast<size_t>(c.step);
            if (at < result.size()) {
                out.tokens[at] = { c.token, c.logprob, 0.0f, 0.0f };
            }
        }
        return out;
    }

    const ctranslate2::Sampler &    sampler_;
    const bool                      scores_add_up_;
    mutable std::vector<candidate>  candidates_; // mutable because Sampler::sample() is const
    std::vector<int32_t>            rows_;
    std::vector<ctranslate2::dim_t> entries_;
    int32_t                         step_       = 0;
    size_t                          step_begin_ = 0; // index of the first candidate of the last step
};

} // namespace asr
