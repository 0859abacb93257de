// encoder.hpp: runs the conformer: subsampling, then layers of feed-forward, attention, convolution and feed-forward parts. It
// computes one layer at a time and asks between the layers whether to go on.
#pragma once

namespace asr::parakeet {

class encoder {
  public:
    encoder(weight_reader & reader, const encoder_config & config, int32_t n_mels)
        : config_(config), subsampling_(reader, config, n_mels) {
        for (int32_t i = 0; i < config.n_layers; ++i) {
            layers_.push_back(read_layer(reader, "encoder.layers." + std::to_string(i)));
        }
    }

    // Reduces features [n_frames, n_mels] to the rate of the encoder: [1, n, n_state].
    mx::array subsample(const mx::array & features) const {
        const mx::array x = subsampling_.run(features);
        return config_.scales_input ? mx::multiply(x, mx::array(std::sqrt(static_cast<float>(config_.n_state)))) : x;
    }

    // Encodes subsampled chunks together. Each has a shape of [1, n, n_state], with its own n. Returns them in one array
    // [n_batch, n of the longest chunk, n_state]; positions after the end of a chunk have undefined values.
    // Asks goes_on() before each layer. If it returns false, the values are undefined.
    template <typename GoesOn>
    mx::array run(const std::vector<mx::array> & chunks, GoesOn && goes_on) {
        std::vector<int32_t> lengths;
        for (const mx::array & chunk : chunks) {
            lengths.push_back(chunk.shape(1));
        }
        const int32_t          n = *std::max_element(lengths.begin(), lengths.end());
        std::vector<mx::array> padded;
        for (const mx::array & chunk : chunks) {
            padded.push_back(mx::pad(chunk, { { 0, 0 }, { 0, n - chunk.shape(1) }, { 0, 0 } }));
        }
        const std::optional<frame_mask> mask = mask_of(lengths, config_);
        mx::array                       x    = mx::concatenate(padded, 0);
        for (layer & l : layers_) {
            x.eval();
            if (!goes_on()) {
                return x;
            }
            x = run_layer(l, x, distances_of(l, n), mask);
        }
        x.eval();
        return x;
    }

  private:
    struct feed_forward {
        norm_weights   norm;
        linear_weights in, out;
    };

    struct convolution {
        norm_weights             norm;
        linear_weights           in, out;
        mx::array                kernel; // [n_state, kernel, 1]
        std::optional<mx::array> bias;
        affine_weights           batch_norm;
    };

    struct layer {
        feed_forward                        first;
        norm_weights                        attention_norm;
        attention_weights                   attention;
        asr::parakeet::encoder::convolution convolution;
        feed_forward                        second;
        norm_weights                        norm;
        std::optional<mx::array> distances; // [n_heads, 2 * n, n_state / n_heads], kept for the longest n so far
    };

    layer read_layer(weight_reader & reader, const std::string & name) const {
        const int64_t n            = config_.n_state;
        const auto    feed_forward = [&](const std::string & part) -> encoder::feed_forward {
            const std::string inner = name + ".feed_forward" + part;
            return { reader.norm(name + ".norm_feed_forward" + part, n),
                     reader.linear(inner + ".linear1", config_.n_ff, n, config_.has_bias),
                     reader.linear(inner + ".linear2", n, config_.n_ff, config_.has_bias) };
        };
        const std::string conv = name + ".conv.";
        return { feed_forward("1"),
                 reader.norm(name + ".norm_self_att", n),
                 read_attention(reader, name + ".self_attn", config_),
                 { reader.norm(name + ".norm_conv", n),
                   read_pointwise(reader, conv + "pointwise_conv1", { 2 * n, 1, n }, config_.has_bias),
                   read_pointwise(reader, conv + "pointwise_conv2", { n, 1, n }, config_.has_bias),
                   reader.tensor(conv + "depthwise_conv.weight", { n, config_.kernel, 1 }),
                   read_bias(reader, conv + "depthwise_conv.bias"), read_batch_norm(reader, conv + "batch_norm", n) },
                 feed_forward("2"),
                 reader.norm(name + ".norm_out", n),
                 std::nullopt };
    }

    std::optional<mx::array> read_bias(weight_reader & reader, const std::string & name) const {
        return config_.has_bias ? std::optional(reader.tensor(name, { config_.n_state })) : std::nullopt;
    }

    // Returns the embeddings of the distances n - 1 down to 1 - n for a layer. They do not depend on the audio, so the layer
    // keeps them. A BLAS rounds a row of a product differently in matrices of different heights, so the products have a
    // fixed height: the result for a chunk does not depend on the lengths of earlier chunks.
    mx::array distances_of(layer & l, int32_t n) const {
        constexpr int32_t n_block = 64;
        if (!l.distances || l.distances->shape(1) < 2 * n) {
            const int32_t          n_new      = (n + n_block - 1) / n_block * n_block;
            const mx::array        embeddings = distance_embeddings(n_new, config_.n_state);
            std::vector<mx::array> blocks;
            for (int32_t first = 0; first < 2 * n_new; first += n_block) {
                blocks.push_back(mx::matmul(mx::slice(embeddings, { first, 0 }, { first + n_block, config_.n_state }),
                                            mx::transpose(l.attention.distance)));
            }
            const mx::array all = mx::expand_dims(mx::concatenate(blocks, 0), 0);
            l.distances         = mx::contiguous(mx::squeeze(split_heads(all, config_.n_heads), 0));
            l.distances->eval();
        }
        const int32_t first = l.distances->shape(1) / 2 - n;
        return mx::slice(*l.distances, { 0, first, 0 },
                         { config_.n_heads, first + 2 * n - 1, config_.n_state / config_.n_heads });
    }

    static mx::array half(const mx::array & x) { return mx::multiply(x, mx::array(0.5f, x.dtype())); }

    static mx::array run_feed_forward(const feed_forward & w, const mx::array & x) {
        return half(linear(w.out, silu(linear(w.in, layer_norm(w.norm, x)))));
    }

    mx::array run_convolution(const convolution & w, const mx::array & input,
                              const std::optional<frame_mask> & mask) const {
        const std::vector<mx::array> halves = mx::split(linear(w.in, layer_norm(w.norm, input)), 2, -1);
        mx::array                    x      = mx::multiply(halves[0], mx::sigmoid(halves[1]));
        if (mask) {
            x = mx::where(mask->is_frame, x, mx::array(0.0f, x.dtype())); // as after the end of a chunk that is alone
        }
        x = mx::conv1d(x, w.kernel, /*stride=*/1, /*padding=*/(config_.kernel - 1) / 2, /*dilation=*/1,
                       /*groups=*/config_.n_state);
        x = w.bias ? mx::add(x, *w.bias) : x;
        return linear(w.out, silu(affine(w.batch_norm, x)));
    }

    mx::array run_layer(const layer & w, const mx::array & input, const mx::array & distances,
                        const std::optional<frame_mask> & mask) const {
        mx::array x = mx::add(input, run_feed_forward(w.first, input));
        x           = mx::add(x, attend(w.attention, layer_norm(w.attention_norm, x), distances, mask));
        x           = mx::add(x, run_convolution(w.convolution, x, mask));
        x           = mx::add(x, run_feed_forward(w.second, x));
        return layer_norm(w.norm, x);
    }

    const encoder_config & config_;
    subsampling            subsampling_;
    std::vector<layer>     layers_;
};

} // namespace asr::parakeet
