// token_search.hpp: finds the most likely tokens of a chunk. It uses beam search at temperature 0 and sampling at higher
// temperatures. It does not run a decoder: the engine feeds the rows that the search asks for, and passes their logits.
//
//   token_search search(rules, chunk, n_steps);
//   logits = the engine's logits of the last token of the prompt
//   while (rows = search.next(logits), !rows.empty())
//       logits = the engine's logits of these rows; row i continues the cache of the parent of row i
//   search.finish(result)
//
// The search follows OpenAI's whisper/decoding.py (BeamSearchDecoder with patience 1, GreedyDecoder with best_of,
// MaximumLikelihoodRanker without length penalty), or CTranslate2's BeamSearch with the settings of faster-whisper. These differ in
// which beams may end.
#pragma once

#include "chunk_results.hpp"
#include "whisper_rules.hpp"

#include <random>

namespace asr {

// A row that the decoder must read next.
struct search_row {
    int32_t parent; // index of the row of the last step that this row continues
    int32_t token;
};

// A beam search sorts the continuations of all beams. A beam ends if its end-of-text token is before the last continuation that
// is kept (OpenAI), or among the first ones, as many as there are beams (CTranslate2).
enum class beam_ends { before_last_kept, among_first };

class token_search {
  public:
    // `n_steps` is the maximum number of tokens of the result. `rules` and `chunk` must outlive the search.
    token_search(const whisper_rules & rules, const asr_chunk & chunk, int32_t n_steps, beam_ends ends = beam_ends::before_last_kept)
        : rules_(rules), chunk_(chunk), sampling_(chunk.temperature > 0.0f), width_(search_width(chunk)),
          n_vocab_(static_cast<size_t>(rules.ids.n_vocab)), n_steps_(n_steps), ends_(ends), live_(sampling_ ? width_ : 1),
          random_(chunk.seed) {}

    // Returns the maximum number of rows of a step: the number of beams, or the number of sampled texts.
    static size_t search_width(const asr_chunk & chunk) {
        return static_cast<size_t>(chunk.temperature > 0.0f ? chunk.best_of : chunk.beam_size);
    }

    // Chooses the next tokens from the logits [n_rows][n_vocab] of the last step's rows, and overwrites these logits. The
    // first call reads one row, the last row of the prompt. Returns the rows of the next step, or no rows if the search
    // is over.
    const std::vector<search_row> & next(float * logits) {
        rows_.clear();
        if (step_ >= n_steps_ || live_.empty()) {
            return rows_;
        }
        const size_t n_rows = step_ == 0 ? 1 : live_.size();
        for (size_t row = 0; row < n_rows; ++row) {
            score_tokens(rules_, live_[row].tokens, chunk_.timestamps != 0, logits + row * n_vocab_);
        }
        sampling_ ? sample(logits) : extend_beams(logits);
        if (++step_ == n_steps_) {
            rows_.clear();
        }
        return rows_;
    }

    // Chooses the best finished text. If there are fewer finished texts than beams or sampled texts, includes texts that
    // the length limit cut off.
    void finish(chunk_result & out) {
        const size_t n_finished = finished_.size();
        for (size_t i = 0; i < live_.size() && finished_.size() < width_; ++i) {
            finished_.push_back(std::move(live_[i]));
        }
        const auto best = std::max_element(finished_.begin(), finished_.end(), [](const hypothesis & a, const hypothesis & b) {
            return a.mean_logprob() < b.mean_logprob();
        });
        out.result.avg_logprob = static_cast<float>(best->sum_logprob / static_cast<double>(best->tokens.size() + 1));
        out.result.is_complete = static_cast<size_t>(best - finished_.begin()) < n_finished ? 1 : 0;
        out.tokens             = std::move(best->tokens);
    }

  private:
    struct hypothesis {
        std::vector<asr_token> tokens;
        double                 sum_logprob = 0.0;

        double mean_logprob() const { return sum_logprob / static_cast<double>(std::max<size_t>(1, tokens.size())); }
    };

    struct candidate {
        size_t  parent; // index in live_
        int32_t id;
        float   logprob;
        double  sum_logprob;
    };

    // In the first step, all hypotheses have the same row.
    size_t row_of(size_t index) const { return step_ == 0 ? 0 : index; }

    // Makes `grown` with the token `id` one of the next hypotheses. Its row continues the row of the hypothesis `parent`.
    void keep(hypothesis && grown, size_t parent, int32_t id, float logprob, std::vector<hypothesis> & next) {
        grown.tokens.push_back({ id, logprob, 0.0f, 0.0f });
        next.push_back(std::move(grown));
        rows_.push_back({ static_cast<int32_t>(row_of(parent)), id });
    }

    void extend_beams(const float * scores) {
        std::vector<candidate> candidates;
        for (size_t i = 0; i < live_.size(); ++i) {
            append_best(scores + row_of(i) * n_vocab_, i, width_ + 1, candidates);
        }
        std::stable_sort(candidates.begin(), candidates.end(),
                         [](const candidate & a, const candidate & b) { return a.sum_logprob > b.sum_logprob; });

        std::vector<hypothesis> next;
        for (size_t rank = 0; rank < candidates.size() && next.size() < width_; ++rank) {
            const candidate & c     = candidates[rank];
            hypothesis        grown = live_[c.parent];
            grown.sum_logprob       = c.sum_logprob;
            if (c.id == rules_.ids.eot) {
                if (rank < width_ || ends_ == beam_ends::before_last_kept) {
                    finished_.push_back(std::move(grown));
                }
            } else {
                keep(std::move(grown), c.parent, c.id, c.logprob, next);
            }
        }
        if (finished_.size() >= width_) {
            next.clear();
            rows_.clear();
        }
        live_ = std::move(next);
    }

    // Appends the n most likely continuations of hypothesis `index` to `candidates`.
    void append_best(const float * scores, size_t index, size_t n, std::vector<candidate> & candidates) const {
        for (const int32_t id : find_largest(scores, n_vocab_, n)) {
            if (scores[id] != -INFINITY) {
                candidates.push_back({ index, id, scores[id], live_[index].sum_logprob + scores[id] });
            }
        }
    }

    void sample(const float * all_scores) {
        std::vector<hypothesis> next;
        for (size_t i = 0; i < live_.size(); ++i) {
            const float * scores = all_scores + row_of(i) * n_vocab_;
            weights_.resize(n_vocab_);
            for (size_t id = 0; id < n_vocab_; ++id) {
                weights_[id] = scores[id] == -INFINITY ? 0.0f : std::exp(scores[id] / chunk_.temperature);
            }
            const auto   id    = static_cast<int32_t>(std::discrete_distribution<size_t>(weights_.begin(), weights_.end())(random_));
            hypothesis & grown = live_[i];
            grown.sum_logprob += scores[id];
            if (id == rules_.ids.eot) {
                finished_.push_back(std::move(grown));
            } else {
                keep(std::move(grown), i, id, scores[id], next);
            }
        }
        live_ = std::move(next);
    }

    const whisper_rules &   rules_;
    const asr_chunk &       chunk_;
    const bool              sampling_;
    const size_t            width_; // number of beams, or number of sampled texts
    const size_t            n_vocab_;
    const int32_t           n_steps_;
    const beam_ends         ends_;
    int32_t                 step_ = 0;
    std::vector<search_row> rows_;
    std::vector<hypothesis> live_; // unfinished hypotheses; except in the first step, row i of a step is of hypothesis i
    std::vector<hypothesis> finished_;
    std::vector<float>      weights_;
    std::mt19937            random_;
};

} // namespace asr
