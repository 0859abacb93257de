// whisper_rules.hpp: decides which tokens a Whisper decoder may choose next, and converts a row of logits to the
// log-probabilities of these tokens.
//
// The rules are OpenAI's (whisper/decoding.py: SuppressBlank, SuppressTokens, ApplyTimestampRules; whisper/tokenizer.py:
// non_speech_tokens).
#pragma once

#include "exponential.hpp"
#include "largest.hpp"
#include "whisper_tokens.hpp"

#include <cmath>
#include <set>
#include <string>

namespace asr {

constexpr float initial_timestamp_max_s = 1.0f;

struct whisper_rules {
    control_tokens       ids;
    std::vector<int32_t> suppressed;       // tokens that a search never chooses
    std::vector<int32_t> suppressed_first; // tokens that a search never chooses first
};

// Returns the control tokens and the tokens that are not speech. find(text) returns the id of the token with these bytes, or
// -1 if the vocabulary has no such token.
template <typename Find> std::vector<int32_t> suppressed_tokens(const control_tokens & ids, Find && find) {
    // clang-format off
    static const char * const symbols[] = {
        "\"", "#", "(", ")", "*", "+", "/", ":", ";", "<", "=", ">", "@", "[", "\\", "]", "^", "_", "`", "{", "|", "}", "~",
        "「", "」", "『", "』", "<<", ">>", "<<<", ">>>", "--", "---", "-(", "-[", "('", "(\"", "((", "))", "(((", ")))",
        "[[", "]]", "{{", "}}", "♪♪", "♪♪♪", "♩", "♪", "♫", "♬", "♭", "♮", "♯",
        "\xe2\x99", // first bytes of the musical symbols in UTF-8
    };
    // clang-format on
    std::set<int32_t> found = { ids.sot };
    for (int32_t i = 1; i <= ids.n_languages; ++i) {
        found.insert(ids.sot + i);
    }
    for (int32_t id = std::min(ids.translate, ids.transcribe); id <= ids.no_timestamps; ++id) {
        found.insert(id);
    }
    const auto insert = [&](const std::string & text) {
        if (const int32_t id = find(text); id >= 0) {
            found.insert(id);
        }
    };
    for (const std::string symbol : symbols) {
        insert(symbol);
        insert(" " + symbol);
    }
    // A hyphen or an apostrophe may be inside a word, but not at its start.
    insert(" -");
    insert(" '");
    return { found.begin(), found.end() };
}

// Returns the tokens that must not be the first token of a transcript. `find` is as in suppressed_tokens().
template <typename Find> std::vector<int32_t> suppressed_first_tokens(const control_tokens & ids, Find && find) {
    std::vector<int32_t> tokens = { ids.eot };
    if (const int32_t id = find(std::string(" ")); id >= 0) {
        tokens.push_back(id);
    }
    return tokens;
}

inline float log_sum_exp(const float * x, size_t n) {
    const float max = largest_of(x, n);
    if (max == -INFINITY) {
        return -INFINITY;
    }
    static const auto sum = sum_of_exponentials();
    return max + std::log(sum(x, n, max));
}

// Returns the probability of <|nospeech|> in the logits [n_vocab] of the row of <|startoftranscript|>.
inline float no_speech_prob(const control_tokens & ids, const float * logits) {
    return std::exp(logits[ids.no_speech] - log_sum_exp(logits, static_cast<size_t>(ids.n_vocab)));
}

// Returns the probability of each language from the logits [n_vocab] of the row of <|startoftranscript|>.
inline std::vector<float> language_probs(const control_tokens & ids, const float * logits) {
    const float *      languages = logits + ids.sot + 1;
    const auto         n         = static_cast<size_t>(ids.n_languages);
    const float        total     = log_sum_exp(languages, n);
    std::vector<float> probs(n);
    std::transform(languages, languages + n, probs.begin(), [&](float logit) { return std::exp(logit - total); });
    return probs;
}

// Applies the rules for timestamps. A transcript starts with a timestamp. Later timestamps are in pairs: the first
// timestamp ends a segment, and the second one starts the next segment. Timestamps never decrease.
//
// `n_past` is the number of tokens of the transcript so far, and id_at(i) returns the id of token i. The logits of tokens that
// are not allowed become `banned`.
template <typename IdAt>
void apply_timestamp_rules(const control_tokens & ids, size_t n_past, IdAt && id_at, float banned, float * logits) {
    const auto begin        = static_cast<size_t>(ids.timestamp_begin());
    const auto n            = static_cast<size_t>(ids.n_vocab);
    const auto is_timestamp = [&](size_t i) { return id_at(i) >= ids.timestamp_begin(); };
    const auto ban          = [&](size_t from, size_t to) {
        if (from < to) {
            std::fill(logits + from, logits + to, banned);
        }
    };

    if (n_past == 0) {
        ban(0, begin);
        ban(std::min(n, begin + static_cast<size_t>(std::lround(initial_timestamp_max_s / timestamp_step_s)) + 1), n);
        return;
    }
    const bool last_is_timestamp = is_timestamp(n_past - 1);
    const bool both_are          = last_is_timestamp && (n_past < 2 || is_timestamp(n_past - 2));
    if (both_are) {
        ban(begin, n);
    } else if (last_is_timestamp) {
        ban(0, static_cast<size_t>(ids.eot));
    }
    size_t n_to_last = n_past; // number of tokens up to the last timestamp
    while (n_to_last > 0 && !is_timestamp(n_to_last - 1)) {
        --n_to_last;
    }
    if (n_to_last > 0) {
        // The start of a segment may be equal to the end of the previous segment. The end of a segment must be later
        // than the start of the segment.
        const bool opening = last_is_timestamp && !both_are;
        ban(begin, std::min(n, static_cast<size_t>(id_at(n_to_last - 1)) + (opening ? 0 : 1)));
    }

    const float all       = log_sum_exp(logits + begin, n - begin);
    const float best_text = largest_of(logits, begin);
    if (all > best_text) {
        ban(0, begin);
    }
}

// Replaces logits [n_vocab] with the log-probabilities of the tokens that are allowed after so_far. Other tokens get
// -infinity.
inline void score_tokens(const whisper_rules & rules, const std::vector<asr_token> & so_far, bool timestamps, float * logits) {
    for (const int32_t id : rules.suppressed) {
        logits[id] = -INFINITY;
    }
    if (so_far.empty()) {
        for (const int32_t id : rules.suppressed_first) {
            logits[id] = -INFINITY;
        }
    }
    const auto n = static_cast<size_t>(rules.ids.n_vocab);
    if (timestamps) {
        apply_timestamp_rules(rules.ids, so_far.size(), [&](size_t i) { return so_far[i].id; }, -INFINITY, logits);
    } else {
        std::fill(logits + rules.ids.timestamp_begin(), logits + n, -INFINITY);
    }
    const float total = log_sum_exp(logits, n);
    for (size_t i = 0; i < n; ++i) {
        logits[i] -= total;
    }
}

} // namespace asr
