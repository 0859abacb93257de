// search.hpp: finds the most likely tokens of an encoded chunk. It uses beam search at temperature 0 and sampling at
// higher temperatures.
//
// The search follows OpenAI's whisper/decoding.py (BeamSearchDecoder with patience 1, GreedyDecoder with best_of,
// MaximumLikelihoodRanker without length penalty). All beams share one cache, in which each beam has a sequence id.
#pragma once

namespace asr {

struct hypothesis {
    std::vector<asr_token> tokens;
    double                 sum_logprob = 0.0;
    int32_t                sequence    = 0; // id of the sequence in the cache

    double mean_logprob() const { return sum_logprob / static_cast<double>(std::max<size_t>(1, tokens.size())); }
};

struct candidate {
    size_t parent;
    int32_t id;
    float   logprob;
    double  sum_logprob;
};

class search {
  public:
    search(asr_lane & lane, const asr_chunk & chunk)
        : lane_(lane), model_(*lane.model), chunk_(chunk), sampling_(chunk.temperature > 0.0f),
          width_(sampling_ ? chunk.best_of : chunk.beam_size), n_vocab_(static_cast<size_t>(model_.hparams().n_vocab)) {}

    void run(chunk_result & out) {
        read_prompt(out);
        const int32_t n_steps = std::min(model_.n_decode_max(), model_.hparams().n_text_ctx - n_past_);
        for (int32_t step = 0; step < n_steps && !live_.empty(); ++step) {
            score_live();
            sampling_ ? sample() : extend_beams();
            if (!live_.empty() && step + 1 < n_steps) {
                advance();
            }
        }
        choose(out);
    }

  private:
    // Feeds the prompt and computes the no-speech probability. Creates one hypothesis for beam search, or best_of
    // hypotheses for sampling.
    void read_prompt(chunk_result & out) {
        constexpr size_t     prefill_rows = 32; // maximum number of tokens per pass; limits the memory for activations
        const whisper_vocab & vocab       = model_.vocab();
        std::vector<int32_t> past;
        if (chunk_.n_prompt > 0) {
            const int32_t n = std::min(chunk_.n_prompt, model_.n_prompt_max());
            past.push_back(vocab.token_prev);
            for (const int32_t * id = chunk_.prompt + chunk_.n_prompt - n; id < chunk_.prompt + chunk_.n_prompt; ++id) {
                require(*id >= 0 && *id < vocab.token_eot, "Expected prompt tokens of text");
                past.push_back(*id);
            }
        }
        reset_cache(lane_, width_);
        for (size_t at = 0; at < past.size(); at += prefill_rows) {
            feed({ past.begin() + static_cast<std::ptrdiff_t>(at),
                   past.begin() + static_cast<std::ptrdiff_t>(std::min(past.size(), at + prefill_rows)) },
                 decoder_output::none);
        }
        const std::vector<int32_t> start = start_tokens(model_, chunk_, chunk_.timestamps != 0);
        feed(start, decoder_output::logits);

        std::vector<float> & logits = lane_.state->logits;
        out.result.no_speech_prob   = std::exp(logits[static_cast<size_t>(vocab.token_nosp)] - log_sum_exp(logits.data(), n_vocab_));
        // Keeps the logits of the last row, because they predict the first token.
        logits.erase(logits.begin(), logits.end() - static_cast<std::ptrdiff_t>(n_vocab_));
        live_.assign(1, {});
        if (sampling_) {
            live_.resize(static_cast<size_t>(width_));
            for (int32_t i = 1; i < width_; ++i) {
                whisper_kv_cache_seq_cp(lane_.state->kv_self, 0, i, -1, -1);
                live_[static_cast<size_t>(i)].sequence = i;
                logits.insert(logits.end(), logits.begin(), logits.begin() + static_cast<std::ptrdiff_t>(n_vocab_));
            }
            random_.seed(chunk_.seed);
        }
    }

    void feed(const std::vector<int32_t> & tokens, decoder_output output) {
        std::vector<decoder_row> rows;
        for (const int32_t token : tokens) {
            rows.push_back({ token, n_past_++, 0 });
        }
        run_decoder(lane_, rows, output);
    }

    float * scores_of(size_t index) { return lane_.state->logits.data() + index * n_vocab_; }

    void score_live() {
        for (size_t i = 0; i < live_.size(); ++i) {
            score_tokens(model_, live_[i].tokens, chunk_.timestamps != 0, scores_of(i));
        }
    }

    void extend_beams() {
        const auto             width = static_cast<size_t>(width_);
        std::vector<candidate> candidates;
        for (size_t i = 0; i < live_.size(); ++i) {
            append_best(i, width + 1, candidates);
        }
        std::stable_sort(candidates.begin(), candidates.end(),
                         [](const candidate & a, const candidate & b) { return a.sum_logprob > b.sum_logprob; });

        std::vector<hypothesis> next;
        std::vector<size_t>     parents;
        for (const candidate & c : candidates) {
            if (next.size() == width) {
                break;
            }
            hypothesis grown  = live_[c.parent];
            grown.sum_logprob = c.sum_logprob;
            if (c.id == model_.vocab().token_eot) {
                finished_.push_back(std::move(grown));
                continue;
            }
            grown.tokens.push_back({ c.id, c.logprob, 0.0f, 0.0f });
            next.push_back(std::move(grown));
            parents.push_back(c.parent);
        }
        if (finished_.size() >= width) {
            next.clear();
        }
        inherit_cache(next, parents);
        live_ = std::move(next);
    }

    // Appends the n most likely continuations of a hypothesis to `candidates`.
    void append_best(size_t index, size_t n, std::vector<candidate> & candidates) {
        const float *        scores = scores_of(index);
        std::vector<int32_t> best; // ascending by score
        const auto           by_score = [&](int32_t a, int32_t b) { return scores[a] > scores[b]; };
        for (int32_t id = 0; id < static_cast<int32_t>(n_vocab_); ++id) {
            if (scores[id] == -INFINITY || (best.size() == n && scores[id] <= scores[best.front()])) {
                continue;
            }
            if (best.size() == n) {
                std::pop_heap(best.begin(), best.end(), by_score);
                best.pop_back();
            }
            best.push_back(id);
            std::push_heap(best.begin(), best.end(), by_score);
        }
        std::sort(best.begin(), best.end(), by_score);
        for (const int32_t id : best) {
            candidates.push_back({ index, id, scores[id], live_[index].sum_logprob + scores[id] });
        }
    }

    // Copies the cache entries of each new beam's parent to the new beam. Two sets of sequence ids are used in turns,
    // so that a copy never overwrites a parent that other new beams still need.
    void inherit_cache(std::vector<hypothesis> & next, const std::vector<size_t> & parents) {
        whisper_kv_cache & cache = lane_.state->kv_self;
        const int32_t      base  = live_.front().sequence < width_ ? width_ : 0;
        for (size_t i = 0; i < next.size(); ++i) {
            next[i].sequence = base + static_cast<int32_t>(i);
            whisper_kv_cache_seq_cp(cache, live_[parents[i]].sequence, next[i].sequence, -1, -1);
        }
        for (const hypothesis & old : live_) {
            whisper_kv_cache_seq_rm(cache, old.sequence, -1, -1);
        }
    }

    void sample() {
        std::vector<hypothesis> next;
        for (size_t i = 0; i < live_.size(); ++i) {
            const float * scores = scores_of(i);
            weights_.resize(n_vocab_);
            for (size_t id = 0; id < n_vocab_; ++id) {
                weights_[id] = scores[id] == -INFINITY ? 0.0f : std::exp(scores[id] / chunk_.temperature);
            }
            const auto id = static_cast<int32_t>(std::discrete_distribution<size_t>(weights_.begin(), weights_.end())(random_));
            hypothesis & grown = live_[i];
            grown.sum_logprob += scores[id];
            if (id == model_.vocab().token_eot) {
                whisper_kv_cache_seq_rm(lane_.state->kv_self, grown.sequence, -1, -1);
                finished_.push_back(std::move(grown));
            } else {
                grown.tokens.push_back({ id, scores[id], 0.0f, 0.0f });
                next.push_back(std::move(grown));
            }
        }
        live_ = std::move(next);
    }

    // Feeds the last token of each unfinished hypothesis.
    void advance() {
        std::vector<decoder_row> rows;
        for (const hypothesis & h : live_) {
            rows.push_back({ h.tokens.back().id, n_past_, h.sequence });
        }
        ++n_past_;
        run_decoder(lane_, rows, decoder_output::logits);
    }

    // Chooses the best finished hypothesis. If there are fewer finished hypotheses than beams or sampled texts,
    // includes hypotheses that the length limit cut off.
    void choose(chunk_result & out) {
        const size_t n_finished = finished_.size();
        for (size_t i = 0; i < live_.size() && finished_.size() < static_cast<size_t>(width_); ++i) {
            finished_.push_back(std::move(live_[i]));
        }
        const auto best = std::max_element(finished_.begin(), finished_.end(), [](const hypothesis & a, const hypothesis & b) {
            return a.mean_logprob() < b.mean_logprob();
        });
        out.result.avg_logprob = static_cast<float>(best->sum_logprob / static_cast<double>(best->tokens.size() + 1));
        out.result.is_complete = static_cast<size_t>(best - finished_.begin()) < n_finished ? 1 : 0;
        out.tokens             = std::move(best->tokens);
    }

    asr_lane &              lane_;
    const asr_model &       model_;
    const asr_chunk &       chunk_;
    const bool              sampling_;
    const int32_t           width_; // number of beams, or number of sampled texts
    const size_t            n_vocab_;
    int32_t                 n_past_ = 0; // number of used positions in the cache
    std::vector<hypothesis> live_;       // unfinished hypotheses; row i of the decoder's logits is for hypothesis i
    std::vector<hypothesis> finished_;
    std::vector<float>      weights_;
    std::mt19937            random_;
};

} // namespace asr
