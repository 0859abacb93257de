// encoder.hpp: runs Whisper's encoder. It computes one layer at a time and calls `stop` between the layers, which throws an
// exception if the chunk was cancelled.
#pragma once

namespace asr::whisper {

class encoder {
  public:
    encoder(weight_reader & reader, const model_config & config, mx::Dtype type, const layers & layers)
        : config_(config), type_(type), layers_(layers), conv1_(read_conv(reader, "encoder.conv1", config.n_mels)),
          conv2_(read_conv(reader, "encoder.conv2", config.n_audio_state)), positions_(sinusoids(config, type)),
          norm_(reader.norm("encoder.ln_post", config.n_audio_state)) {
        for (int32_t i = 0; i < config.n_audio_layer; ++i) {
            const std::string name = "encoder.blocks." + std::to_string(i);
            blocks_.push_back({ read_attention(reader, name + ".attn", config.n_audio_state),
                                read_mlp(reader, name + ".mlp", config.n_audio_state) });
        }
    }

    // Converts features [1, n_frames, n_mels] to encoder positions [1, n_frames / 2, n_state].
    template <typename Stop>
    mx::array run(const mx::array & features, Stop && stop) const {
        mx::array x = layers_.gelu(convolve(mx::astype(features, type_), conv1_, 1));
        x           = layers_.gelu(convolve(x, conv2_, 2));
        x           = mx::add(x, mx::slice(positions_, { 0, 0 }, { x.shape(1), config_.n_audio_state }));
        for (const block & b : blocks_) {
            x.eval();
            stop();
            x = layers_.mlp(b.mlp, mx::add(x, attend(b.attention, layer_norm(b.attention.norm, x))));
        }
        x = layer_norm(norm_, x);
        x.eval();
        return x;
    }

  private:
    struct block {
        attention_weights attention;
        mlp_weights       mlp;
    };

    struct conv_weights {
        mx::array weight; // [n_out, kernel, n_in]
        mx::array bias;
    };

    static constexpr int32_t kernel = 3;

    conv_weights read_conv(weight_reader & reader, const std::string & name, int64_t n_in) const {
        const int64_t n_out = config_.n_audio_state;
        return { reader.tensor(name + ".weight", { n_out, kernel, n_in }), reader.tensor(name + ".bias", { n_out }) };
    }

    static mx::array convolve(const mx::array & x, const conv_weights & w, int32_t stride) {
        return mx::add(mx::conv1d(x, w.weight, stride, /*padding=*/1), w.bias);
    }

    mx::array attend(const attention_weights & w, const mx::array & x) const {
        const auto heads = [&](const linear_weights & part) {
            return layers::split_heads(linear(part, x), x.shape(0), config_.n_audio_head);
        };
        return linear(w.out, layers::join_heads(layers::attend(heads(w.query), heads(w.key), heads(w.value), {})));
    }

    // Computes the position embeddings in float32 as mlx-whisper does, because the files do not contain them.
    static mx::array sinusoids(const model_config & config, mx::Dtype type) {
        const int32_t   half      = config.n_audio_state / 2;
        const auto      increment = static_cast<float>(std::log(10000.0) / (half - 1));
        const mx::array scales =
            mx::exp(mx::multiply(mx::array(-increment), mx::arange(static_cast<double>(half), mx::float32)));
        const mx::array times  = mx::expand_dims(mx::arange(static_cast<double>(config.n_audio_ctx), mx::float32), 1);
        const mx::array angles = mx::multiply(times, mx::expand_dims(scales, 0));
        mx::array       all    = mx::astype(mx::concatenate({ mx::sin(angles), mx::cos(angles) }, 1), type);
        all.eval();
        return all;
    }

    const model_config & config_;
    const mx::Dtype      type_;
    const layers &       layers_;
    conv_weights         conv1_, conv2_;
    mx::array            positions_;
    norm_weights         norm_;
    std::vector<block>   blocks_;
};

} // namespace asr::whisper
