// causal_conv.hpp: a convolution that continues where its last call ended. Each stream keeps the last inputs that the next
// outputs still need.
#pragma once

namespace asr::kyutai {

// The inputs before the first sample of a stream.
enum class edge {
    zeros,
    first_input
};

// The weights of a convolution: weight [n_out, kernel, n_in] and bias [n_out].
class causal_conv {
  public:
    causal_conv(mx::array weight, std::optional<mx::array> bias, int32_t stride, edge begin = edge::zeros)
        : weight_(std::move(weight)), bias_(std::move(bias)), stride_(stride), begin_(begin) {}

    int32_t n_out() const { return weight_.shape(0); }

    // Convolves the next inputs [n_batch, n, n_in] of several streams; n is a multiple of the stride. `kept` has the kept
    // inputs of each stream, which this call replaces.
    mx::array step(const mx::array & x, const std::vector<std::optional<mx::array> *> & kept) const {
        const int32_t n_kept = weight_.shape(1) - stride_;
        if (n_kept == 0) {
            return convolve(x);
        }
        std::vector<mx::array> before;
        for (size_t i = 0; i < kept.size(); ++i) {
            before.push_back(*kept[i] ? **kept[i] : start(x, static_cast<int32_t>(i), n_kept));
        }
        const mx::array joined = mx::concatenate({ before.size() == 1 ? before[0] : mx::concatenate(before, 0), x }, 1);
        // A copy of the last inputs of all streams, so that a stream does not keep the memory of the joined array.
        const mx::array last = mx::contiguous(mx::slice(joined, { 0, joined.shape(1) - n_kept, 0 }, joined.shape()));
        for (size_t i = 0; i < kept.size(); ++i) {
            const auto row = static_cast<int32_t>(i);
            *kept[i]       = mx::slice(last, { row, 0, 0 }, { row + 1, n_kept, last.shape(2) });
        }
        return convolve(joined);
    }

  private:
    mx::array convolve(const mx::array & x) const {
        const mx::array y = mx::conv1d(x, weight_, stride_);
        return bias_ ? mx::add(y, *bias_) : y;
    }

    mx::array start(const mx::array & x, int32_t row, int32_t n) const {
        if (begin_ == edge::zeros) {
            return mx::zeros({ 1, n, x.shape(2) }, x.dtype());
        }
        return mx::repeat(mx::slice(x, { row, 0, 0 }, { row + 1, 1, x.shape(2) }), n, 1);
    }

    mx::array                weight_;
    std::optional<mx::array> bias_;
    int32_t                  stride_;
    edge                     begin_;
};

} // namespace asr::kyutai
