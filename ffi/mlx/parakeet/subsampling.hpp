// subsampling.hpp: reduces the rate of the features with convolutions of stride 2 (NeMo's "dw_striding": after the first one,
// each is a depthwise and a pointwise convolution).
#pragma once

namespace asr::parakeet {

class subsampling {
  public:
    subsampling(weight_reader & reader, const encoder_config & config, int32_t n_mels)
        : first_(read_kernel(reader, 0, config.n_channels)), out_(read_out(reader, config, n_mels)) {
        constexpr int32_t per_step = 3; // layers: depthwise, pointwise, ReLU
        for (int32_t rate = 4, layer = 2; rate <= config.subsampling; rate *= 2, layer += per_step) {
            const std::string pointwise = "encoder.pre_encode.conv." + std::to_string(layer + 1);
            const int64_t     n         = config.n_channels;
            steps_.push_back(
                { read_kernel(reader, layer, n), read_pointwise(reader, pointwise, { n, 1, 1, n }, true) });
        }
    }

    // Converts features [n_frames, n_mels] to [1, n_frames / subsampling, n_state]. Both sizes are rounded up.
    mx::array run(const mx::array & features) const {
        mx::array x = mx::reshape(features, { 1, features.shape(0), features.shape(1), 1 });
        x           = relu(convolve(x, first_, 1));
        for (const step & s : steps_) {
            x = relu(linear(s.pointwise, convolve(x, s.depthwise, x.shape(3))));
        }
        // The last matrix reads each frame channel by channel.
        x = mx::reshape(mx::transpose(x, { 0, 1, 3, 2 }), { 1, x.shape(1), -1 });
        return linear(out_, x);
    }

  private:
    static constexpr int32_t kernel_size = 3;

    struct kernel {
        mx::array weight; // [n_out, 3, 3, n_in / groups]
        mx::array bias;
    };

    struct step {
        kernel         depthwise;
        linear_weights pointwise;
    };

    static kernel read_kernel(weight_reader & reader, int32_t layer, int64_t n) {
        const std::string name = "encoder.pre_encode.conv." + std::to_string(layer);
        return { reader.tensor(name + ".weight", { n, kernel_size, kernel_size, 1 }),
                 reader.tensor(name + ".bias", { n }) };
    }

    static linear_weights read_out(weight_reader & reader, const encoder_config & config, int32_t n_mels) {
        int64_t n_bands = n_mels;
        for (int32_t rate = 1; rate < config.subsampling; rate *= 2) {
            n_bands = (n_bands + 1) / 2;
        }
        return reader.linear("encoder.pre_encode.out", config.n_state, config.n_channels * n_bands, true);
    }

    static mx::array convolve(const mx::array & x, const kernel & w, int32_t groups) {
        return mx::add(mx::conv2d(x, w.weight, { 2, 2 }, { 1, 1 }, { 1, 1 }, groups), w.bias);
    }

    kernel            first_;
    std::vector<step> steps_;
    linear_weights    out_;
};

} // namespace asr::parakeet
