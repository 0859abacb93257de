// best_sampler.hpp: chooses the tokens with the largest scores. CTranslate2's BestSampler sorts the numbers of all tokens for that.
#pragma once

namespace asr {

class best_sampler : public ctranslate2::Sampler {
  protected:
    // `scores` are on the CPU, as token_trace passes them.
    void sample(const ctranslate2::StorageView & scores, ctranslate2::dim_t n_samples, ctranslate2::StorageView & ids,
                ctranslate2::StorageView & sampled_scores) const override {
        const ctranslate2::dim_t n      = scores.dim(-1);
        const ctranslate2::dim_t n_rows = scores.size() / n;
        ids.resize({ n_rows, n_samples });
        sampled_scores.resize({ n_rows, n_samples });
        for (ctranslate2::dim_t row = 0; row < n_rows; ++row) {
            const float *              from = scores.data<float>() + row * n;
            const std::vector<int32_t> best =
                find_largest(from, static_cast<size_t>(n), static_cast<size_t>(n_samples));
            std::copy(best.begin(), best.end(), ids.data<int32_t>() + row * n_samples);
            std::transform(best.begin(), best.end(), sampled_scores.data<float>() + row * n_samples,
                           [from](int32_t id) { return from[id]; });
        }
    }
};

} // namespace asr
