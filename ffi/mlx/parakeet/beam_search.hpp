// beam_search.hpp: finds the tokens of a chunk with several hypotheses at once, as parakeet-mlx does for TDT models
// (ParakeetTDT.decode_beam, with its default weights). The hypotheses of a step are at different frames.
#pragma once

namespace asr::parakeet {

class beam_search {
  public:
    beam_search(const transducer & head, const recognition & chunk, size_t n_beams)
        : head_(head), chunk_(chunk), n_beams_(n_beams), blank_(head.config().blank()),
          frames_(head.joint().of_frames(mx::squeeze(*chunk.frames, 0))), state_(head.text().start_state(1)) {}

    std::vector<frame_token> run() {
        live_ = { { 0.0, 0, 0, head_.text().start(), 0, {} } }; // reads no token yet
        std::vector<hypothesis> finished;
        while (finished.size() < n_beams_ && !live_.empty()) {
            stop_if_cancelled(*chunk_.chunk);
            std::vector<hypothesis> grown = grow();
            live_.clear();
            for (hypothesis & h : grown) {
                (h.frame >= chunk_.n_frames() ? finished : live_).push_back(std::move(h));
            }
            std::stable_sort(live_.begin(), live_.end(),
                             [](const hypothesis & a, const hypothesis & b) { return a.score > b.score; });
            live_.resize(std::min(live_.size(), n_beams_));
            keep_states();
        }
        finished.insert(finished.end(), live_.begin(), live_.end());
        const auto by_mean = [](const hypothesis & a, const hypothesis & b) { return a.mean_score() < b.mean_score(); };
        return std::max_element(finished.begin(), finished.end(), by_mean)->tokens;
    }

  private:
    struct hypothesis {
        double                   score;
        int32_t                  frame;
        int32_t                  n_symbols; // steps at this frame
        int32_t                  last;      // the last token, which the predictor reads next
        int32_t                  state;     // row of the predictor's state before `last`
        std::vector<frame_token> tokens;

        double mean_score() const { return score / std::max<double>(1.0, static_cast<double>(tokens.size())); }

        bool is_same_path(const hypothesis & other) const {
            return frame == other.frame &&
                   std::equal(tokens.begin(), tokens.end(), other.tokens.begin(), other.tokens.end(),
                              [](const frame_token & a, const frame_token & b) { return a.id == b.id; });
        }
    };

    static constexpr double duration_weight = 0.7; // of the log-probability of the duration; the token has the rest

    // Returns the indices of the n largest values.
    static std::vector<int32_t> largest(const std::vector<double> & values, size_t n) {
        std::vector<int32_t> order(values.size());
        std::iota(order.begin(), order.end(), 0);
        n = std::min(n, order.size());
        std::partial_sort(
            order.begin(), order.begin() + static_cast<ptrdiff_t>(n), order.end(),
            [&](int32_t a, int32_t b) { return values[static_cast<size_t>(a)] > values[static_cast<size_t>(b)]; });
        order.resize(n);
        return order;
    }

    static std::vector<double> log_probabilities(const float * logits, size_t n) {
        const double max = *std::max_element(logits, logits + n);
        double       sum = 0.0;
        for (size_t i = 0; i < n; ++i) {
            sum += std::exp(logits[i] - max);
        }
        std::vector<double> logprobs(logits, logits + n);
        std::for_each(logprobs.begin(), logprobs.end(), [&](double & x) { x -= max + std::log(sum); });
        return logprobs;
    }

    // Returns all continuations of the live hypotheses. Continuations with the same path are one hypothesis, with the sum of
    // their probabilities.
    std::vector<hypothesis> grow() {
        std::vector<int32_t> tokens, at;
        for (const hypothesis & h : live_) {
            tokens.push_back(h.last);
            at.push_back(h.frame);
        }
        const predictor::output out = head_.text().read(tokens, state_);
        mx::array               logits =
            mx::astype(head_.joint().logits(mx::take(frames_, row_numbers(at), 0), head_.joint().of_text(out.features)),
                       mx::float32);
        std::vector<mx::array> arrays = { logits };
        out.state.append_to(arrays);
        mx::eval(arrays);
        std::vector<hypothesis> grown;
        for (size_t i = 0; i < live_.size(); ++i) {
            grow(live_[i], static_cast<int32_t>(i), logits.data<float>() + i * static_cast<size_t>(logits.shape(1)),
                 grown);
        }
        state_ = state_.with(out.state);
        return grown;
    }

    void grow(const hypothesis & h, int32_t row, const float * logits, std::vector<hypothesis> & grown) const {
        const head_config &       config        = head_.config().head;
        const auto                n_classes     = static_cast<size_t>(blank_) + 1;
        const std::vector<double> token_scores  = log_probabilities(logits, n_classes);
        const std::vector<double> length_scores = log_probabilities(logits + n_classes, config.durations.size());
        for (const int32_t token : largest(token_scores, n_beams_)) {
            for (const int32_t length : largest(length_scores, n_beams_)) {
                const double  token_score  = token_scores[static_cast<size_t>(token)];
                const double  length_score = length_scores[static_cast<size_t>(length)];
                const int32_t n_frames     = config.durations[static_cast<size_t>(length)];
                const bool    is_stuck     = n_frames == 0 && h.n_symbols + 1 >= config.max_symbols;
                hypothesis    next         = h;
                next.score += token_score * (1.0 - duration_weight) + length_score * duration_weight;
                next.frame += is_stuck ? 1 : n_frames;
                next.n_symbols = n_frames == 0 && !is_stuck ? h.n_symbols + 1 : 0;
                next.state     = row;
                if (token != blank_) {
                    next.last  = token;
                    next.state = static_cast<int32_t>(live_.size()) + row; // the state after h.last
                    next.tokens.push_back({ token, h.frame, n_frames, std::exp(token_score + length_score) });
                }
                add(std::move(next), grown);
            }
        }
    }

    static void add(hypothesis && next, std::vector<hypothesis> & grown) {
        const auto same = std::find_if(grown.begin(), grown.end(),
                                       [&](const hypothesis & other) { return next.is_same_path(other); });
        if (same == grown.end()) {
            grown.push_back(std::move(next));
            return;
        }
        const double max = std::max(same->score, next.score);
        const double sum = max + std::log(std::exp(same->score - max) + std::exp(next.score - max));
        if (next.score > same->score) {
            *same = std::move(next);
        }
        same->score = sum;
    }

    // Keeps the predictor's states of the live hypotheses.
    void keep_states() {
        std::vector<int32_t> rows;
        for (hypothesis & h : live_) {
            rows.push_back(h.state);
            h.state = static_cast<int32_t>(rows.size()) - 1;
        }
        if (!rows.empty()) {
            state_ = state_.rows(row_numbers(rows));
        }
    }

    const transducer &      head_;
    const recognition &     chunk_;
    const size_t            n_beams_;
    const int32_t           blank_;
    const mx::array         frames_; // [n, n_joint]
    predictor_state         state_;  // one row for each live hypothesis
    std::vector<hypothesis> live_;
};

} // namespace asr::parakeet
