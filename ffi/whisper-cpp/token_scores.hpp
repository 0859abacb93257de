// token_scores.hpp: converts a row of logits to the log-probabilities of the tokens that are allowed next.
//
// The rules are OpenAI's (whisper/decoding.py: SuppressBlank, SuppressTokens, ApplyTimestampRules).
#pragma once

namespace asr {

constexpr float initial_timestamp_max_s = 1.0f;

inline float log_sum_exp(const float * x, size_t n) {
    const float max = *std::max_element(x, x + n);
    if (max == -INFINITY) {
        return -INFINITY;
    }
    float sum = 0.0f;
    for (size_t i = 0; i < n; ++i) {
        // A term that is smaller than e^-24 times the largest term does not change a float32 sum.
        if (x[i] - max > -24.0f) {
            sum += std::exp(x[i] - max);
        }
    }
    return max + std::log(sum);
}

// Applies the rules for timestamps. A transcript starts with a timestamp. Later timestamps are in pairs: the first
// timestamp ends a segment, and the second one starts the next segment. Timestamps never decrease.
inline void apply_timestamp_rules(const asr_model & model, const std::vector<asr_token> & so_far, float * logits) {
    const whisper_vocab & vocab = model.vocab();
    const auto            begin = static_cast<size_t>(vocab.token_beg);
    const auto            n     = static_cast<size_t>(model.hparams().n_vocab);
    const auto            ban   = [&](size_t from, size_t to) { std::fill(logits + from, logits + to, -INFINITY); };
    const auto            is_timestamp = [&](const asr_token & token) { return token.id >= vocab.token_beg; };

    if (so_far.empty()) {
        ban(0, begin);
        ban(std::min(n, begin + static_cast<size_t>(std::lround(initial_timestamp_max_s / timestamp_step_s)) + 1), n);
        return;
    }
    const bool last_is_timestamp = is_timestamp(so_far.back());
    const bool both_are          = last_is_timestamp && (so_far.size() < 2 || is_timestamp(so_far[so_far.size() - 2]));
    if (both_are) {
        ban(begin, n);
    } else if (last_is_timestamp) {
        ban(0, static_cast<size_t>(vocab.token_eot));
    }
    const auto last = std::find_if(so_far.rbegin(), so_far.rend(), is_timestamp);
    if (last != so_far.rend()) {
        // The start of a segment may be equal to the end of the previous segment. The end of a segment must be later
        // than the start of the segment.
        const bool opening = last_is_timestamp && !both_are;
        ban(begin, std::min(n, static_cast<size_t>(last->id) + (opening ? 0 : 1)));
    }

    const float all       = log_sum_exp(logits + begin, n - begin);
    const float best_text = *std::max_element(logits, logits + begin);
    if (all > best_text) {
        ban(0, begin);
    }
}

// Replaces logits [n_vocab] with the log-probabilities of the tokens that are allowed after so_far. Other tokens get
// -infinity.
inline void score_tokens(const asr_model & model, const std::vector<asr_token> & so_far, bool timestamps, float * logits) {
    for (const int32_t id : model.suppressed) {
        logits[id] = -INFINITY;
    }
    if (so_far.empty()) {
        for (const int32_t id : model.blank) {
            logits[id] = -INFINITY;
        }
    }
    const auto n = static_cast<size_t>(model.hparams().n_vocab);
    if (timestamps) {
        apply_timestamp_rules(model, so_far, logits);
    } else {
        std::fill(logits + model.vocab().token_beg, logits + n, -INFINITY);
    }
    const float total = log_sum_exp(logits, n);
    for (size_t i = 0; i < n; ++i) {
        logits[i] -= total;
    }
}

} // namespace asr
