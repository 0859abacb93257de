// confidence.hpp: how certain a model is of a token: 1 minus the entropy of the probabilities of all tokens, divided by the
// largest possible entropy (parakeet-mlx and transcribe.cpp).
#pragma once

namespace asr::parakeet {

// Returns the confidence for the logits [n] of the tokens and of the blank.
inline double confidence_of(const float * logits, size_t n) {
    const float max = *std::max_element(logits, logits + n);
    double      sum = 0.0;
    for (size_t i = 0; i < n; ++i) {
        sum += std::exp(static_cast<double>(logits[i] - max));
    }
    double entropy = 0.0;
    for (size_t i = 0; i < n; ++i) {
        const double probability = std::exp(static_cast<double>(logits[i] - max)) / sum;
        entropy -= probability * std::log(probability + 1e-10);
    }
    return 1.0 - entropy / std::log(static_cast<double>(n));
}

// Returns the confidence as asr_token.logprob: its natural logarithm, at most 0.
inline float logprob_of(double confidence) {
    constexpr double smallest = 1e-10;
    return static_cast<float>(std::log(std::clamp(confidence, smallest, 1.0)));
}

} // namespace asr::parakeet
