// mimi.hpp: Mimi, the audio tokenizer of Kyutai's models. It converts each step of 1920 samples to one code of each codebook:
//
//   samples -> convolutions (25 frames per second) -> transformer -> downsampling (12.5 per second) -> codebooks -> codes
//
// The published weights have no description, so the shapes of the tensors give the dimensions. The rest is fixed. The
// algorithm is that of the paper "Moshi: a speech-text foundation model for real-time dialogue" (Défossez et al., 2024), and
// the codes are those of rustymimi. All numbers are float32, because the codes are sensitive to rounding.
#pragma once

namespace asr::kyutai {

// The state of one stream.
struct mimi_state {
    std::vector<std::optional<mx::array>> kept;         // inputs of each convolution
    std::vector<key_value_ring>           rings;        // one for each layer of the transformer
    int64_t                               position = 0; // of the next frame of the transformer

    void collect(std::vector<mx::array> & arrays) const {
        for (const auto & inputs : kept) {
            if (inputs) {
                arrays.push_back(*inputs);
            }
        }
        for (const key_value_ring & ring : rings) {
            ring.collect(arrays);
        }
    }
};

class mimi {
  public:
    // Reads the encoder, and the first `n_codebooks` codebooks, which have `n_codes` codes each.
    mimi(weight_reader & reader, int32_t n_codebooks, int32_t n_codes) {
        read_convolutions(reader);
        read_layers(reader);
        const std::string name = "downsample.conv.conv.conv.weight";
        downsampling_.emplace_back(conv_weight(reader, name, width_), std::nullopt, frames_per_step, edge::first_input);
        first_ = read_codebooks(reader, "quantizer.rvq_first", 1, n_codes);
        rest_  = read_codebooks(reader, "quantizer.rvq_rest", n_codebooks - 1, n_codes);
    }

    mimi_state open() const {
        mimi_state state;
        state.kept.resize(convolutions_.size() + downsampling_.size());
        state.rings.assign(layers_.size(), key_value_ring(ring_size));
        return state;
    }

    // Converts a step of each stream, [n_batch, 1920, 1], to codes [n_batch, n_codebooks].
    mx::array step(const mx::array & samples, const std::vector<mimi_state *> & states) const {
        const mx::array        frames = transform(convolve(samples, states), states);
        const mx::array        latent = downsampling_[0].step(frames, kept_of(states, convolutions_.size()));
        const mx::array        flat   = mx::reshape(latent, { latent.shape(0), width_ });
        std::vector<mx::array> codes  = encode(first_, flat);
        for (const mx::array & code : encode(rest_, flat)) {
            codes.push_back(code);
        }
        return mx::stack(codes, 1);
    }

  private:
    struct layer {
        norm_weights norm1, norm2;
        mx::array    in_proj, out_proj, linear1, linear2; // [n_out, n_in]
        mx::array    scale1, scale2;
    };

    struct codebooks {
        mx::array              projection; // [code_width, width]
        std::vector<mx::array> embeddings; // [n_codes, code_width]
        std::vector<mx::array> halves;     // half of the squared length of each embedding
    };

    static constexpr int32_t head_width      = 64;
    static constexpr int32_t frames_per_step = 2;
    static constexpr int32_t window          = 251; // number of frames that the attention reads
    static constexpr int32_t ring_size       = window + frames_per_step - 1;
    static constexpr float   rope_base       = 10000.0f;

    // --- weights ---

    // Reads the weight of a convolution, whose file has the order (n_out, n_in, kernel), as (n_out, kernel, n_in).
    static mx::array conv_weight(weight_reader & reader, const std::string & name, int32_t n_in) {
        const std::vector<int64_t> shape = reader.shape(name);
        if (shape.size() != 3 || shape[1] != n_in || shape[0] < 1 || shape[2] < 1) {
            reject_model("the dimensions of " + name + " are impossible");
        }
        mx::array weight = mx::contiguous(mx::swapaxes(reader.tensor(name, shape), 1, 2));
        weight.eval();
        return weight;
    }

    void add_convolution(weight_reader & reader, const std::string & name, int32_t n_in, int32_t stride) {
        mx::array weight = conv_weight(reader, name + ".conv.conv.weight", n_in);
        mx::array bias   = reader.tensor(name + ".conv.conv.bias", { weight.shape(0) });
        if (weight.shape(1) < stride) {
            reject_model("the dimensions of " + name + " are impossible");
        }
        convolutions_.emplace_back(std::move(weight), std::move(bias), stride);
    }

    void read_convolutions(weight_reader & reader) {
        const auto name = [](int32_t at) { return "encoder.model." + std::to_string(at); };
        const auto last = [&] { return convolutions_.back().n_out(); };
        add_convolution(reader, name(0), 1, 1);
        int32_t at = 1;
        for (const int32_t stride : strides) {
            const int32_t n = last();
            add_convolution(reader, name(at) + ".block.1", n, 1);
            add_convolution(reader, name(at) + ".block.3", last(), 1);
            if (last() != n) {
                reject_model("the dimensions of " + name(at) + " are impossible");
            }
            add_convolution(reader, name(at + 2), n, stride);
            at += 3;
        }
        add_convolution(reader, name(at + 1), last(), 1);
        width_ = last();
        if (width_ % head_width != 0) {
            reject_model("the dimensions of " + name(at + 1) + " are impossible");
        }
    }

    void read_layers(weight_reader & reader) {
        constexpr int32_t layers_max = 64;
        for (int32_t i = 0; i < layers_max; ++i) {
            const std::string stem = "encoder_transformer.transformer.layers." + std::to_string(i) + ".";
            if (!reader.has(stem + "linear1.weight")) {
                break;
            }
            const auto vector = [&](const char * name) { return reader.tensor(stem + name, { width_ }); };
            const auto matrix = [&](const char * name, int64_t n_out, int64_t n_in) {
                return reader.tensor(stem + name, { n_out, n_in });
            };
            const int64_t hidden = reader.shape(stem + "linear1.weight").at(0);
            layers_.push_back({ reader.norm(stem + "norm1", width_), reader.norm(stem + "norm2", width_),
                                matrix("self_attn.in_proj_weight", 3 * width_, width_),
                                matrix("self_attn.out_proj.weight", width_, width_),
                                matrix("linear1.weight", hidden, width_), matrix("linear2.weight", width_, hidden),
                                vector("layer_scale_1.scale"), vector("layer_scale_2.scale") });
        }
        if (layers_.empty()) {
            reject_model("its audio tokenizer has no transformer");
        }
    }

    codebooks read_codebooks(weight_reader & reader, const std::string & stem, int32_t n, int32_t n_codes) const {
        const std::vector<int64_t> shape = reader.shape(stem + ".input_proj.weight");
        if (shape.size() != 3 || shape[1] != width_ || shape[2] != 1) {
            reject_model("the dimensions of " + stem + ".input_proj.weight are impossible");
        }
        const int64_t code_width = shape[0];
        codebooks     books      = { mx::reshape(reader.tensor(stem + ".input_proj.weight", shape),
                                                 { static_cast<int32_t>(code_width), width_ }),
                                     {},
                                     {} };
        for (int32_t i = 0; i < n; ++i) {
            constexpr float   usage_min = 1e-5f;
            const std::string name      = stem + ".vq.layers." + std::to_string(i) + "._codebook.";
            const mx::array   usage =
                mx::maximum(reader.tensor(name + "cluster_usage", { n_codes }), mx::array(usage_min));
            const mx::array sums      = reader.tensor(name + "embedding_sum", { n_codes, code_width });
            mx::array       embedding = mx::divide(sums, mx::expand_dims(usage, 1));
            mx::array       half      = mx::divide(mx::sum(mx::square(embedding), 1), mx::array(2.0f));
            mx::eval(embedding, half);
            books.embeddings.push_back(std::move(embedding));
            books.halves.push_back(std::move(half));
        }
        return books;
    }

    // --- computation ---

    static std::vector<std::optional<mx::array> *> kept_of(const std::vector<mimi_state *> & states, size_t which) {
        std::vector<std::optional<mx::array> *> kept;
        for (mimi_state * state : states) {
            kept.push_back(&state->kept[which]);
        }
        return kept;
    }

    static mx::array elu(const mx::array & x) { return mx::where(mx::greater(x, mx::array(0.0f)), x, mx::expm1(x)); }

    // Converts samples to frames [n_batch, 2, width].
    mx::array convolve(const mx::array & samples, const std::vector<mimi_state *> & states) const {
        size_t     at   = 0;
        const auto next = [&](const mx::array & x) {
            mx::array y = convolutions_[at].step(x, kept_of(states, at));
            ++at;
            return y;
        };
        mx::array x = next(samples);
        for (size_t i = 0; i < std::size(strides); ++i) {
            const mx::array hidden = next(elu(x));
            x                      = mx::add(next(elu(hidden)), x);
            x                      = next(elu(x));
        }
        return next(elu(x));
    }

    mx::array transform(mx::array x, const std::vector<mimi_state *> & states) const {
        const mx::array        positions = positions_of(states);
        std::vector<mx::array> masks;
        for (const mimi_state * state : states) {
            masks.push_back(window_mask(state->position));
        }
        for (size_t i = 0; i < layers_.size(); ++i) {
            const layer &   l        = layers_[i];
            const mx::array attended = attention(l, i, layer_norm(l.norm1, x), states, positions, masks);
            x                        = mx::add(x, mx::multiply(attended, l.scale1));
            const mx::array hidden   = gelu(product(l.linear1, layer_norm(l.norm2, x)));
            x                        = mx::add(x, mx::multiply(product(l.linear2, hidden), l.scale2));
        }
        for (mimi_state * state : states) {
            state->position += frames_per_step;
        }
        return x;
    }

    mx::array attention(const layer & l, size_t which, const mx::array & x, const std::vector<mimi_state *> & states,
                        const mx::array & positions, const std::vector<mx::array> & masks) const {
        const int32_t   n_batch = x.shape(0), n_heads = width_ / head_width;
        const mx::array qkv  = mx::reshape(product(l.in_proj, x), { n_batch, frames_per_step, 3, n_heads, head_width });
        const auto      part = [&](int32_t i) {
            return mx::transpose(
                mx::reshape(mx::slice(qkv, { 0, 0, i, 0, 0 }, { n_batch, frames_per_step, i + 1, n_heads, head_width }),
                            { n_batch, frames_per_step, n_heads, head_width }),
                { 0, 2, 1, 3 });
        };
        const auto rotate = [&](const mx::array & y) {
            return mx::fast::rope(y, head_width, /*traditional=*/true, rope_base, 1.0f, positions);
        };
        const mx::array                           q = rotate(part(0)), k = rotate(part(1)), v = part(2);
        const std::vector<const key_value_ring *> rings = add_to_rings(states, which, k, v);
        const mx::array                           y =
            mx::reshape(mx::transpose(attend(q, rings, masks), { 0, 2, 1, 3 }), { n_batch, frames_per_step, width_ });
        return product(l.out_proj, y);
    }

    // Returns which slots of the ring the two frames of a step read: the first one not the slot of the second one, and the
    // second one not the slot of the frame that has left its window.
    static mx::array window_mask(int64_t position) {
        const auto n_keys = static_cast<int32_t>(std::min<int64_t>(ring_size, position + frames_per_step));
        auto       mask   = std::make_unique<bool[]>(static_cast<size_t>(frames_per_step * n_keys));
        std::fill_n(mask.get(), frames_per_step * n_keys, true);
        mask[static_cast<size_t>((position + 1) % ring_size)] = false;
        if (position >= window - 1) {
            mask[static_cast<size_t>(n_keys + (position - window + 1) % ring_size)] = false;
        }
        return mx::array(mask.get(), { frames_per_step, n_keys }, mx::bool_);
    }

    static mx::array product(const mx::array & weight, const mx::array & x) {
        return mx::matmul(x, mx::transpose(weight));
    }

    static mx::array gelu(const mx::array & x) {
        const mx::array sum = mx::add(mx::array(1.0f), mx::erf(mx::multiply(x, mx::array(0.70710678f))));
        return mx::multiply(mx::multiply(x, mx::array(0.5f)), sum);
    }

    // Chooses the nearest embedding of each codebook, and passes the rest to the next codebook.
    static std::vector<mx::array> encode(const codebooks & books, const mx::array & latent) {
        std::vector<mx::array> codes;
        mx::array              rest = product(books.projection, latent);
        for (size_t i = 0; i < books.embeddings.size(); ++i) {
            const mx::array distances = mx::subtract(books.halves[i], product(books.embeddings[i], rest));
            codes.push_back(mx::astype(mx::argmin(distances, -1), mx::int32));
            rest = mx::subtract(rest, mx::take(books.embeddings[i], codes.back(), 0));
        }
        return codes;
    }

    static constexpr int32_t strides[] = { 4, 5, 6, 8 }; // samples per frame: 4 * 5 * 6 * 8

    int32_t                  width_ = 0;
    std::vector<causal_conv> convolutions_;
    std::vector<causal_conv> downsampling_; // one
    std::vector<layer>       layers_;
    codebooks                first_ = { mx::array(0.0f), {}, {} }, rest_ = { mx::array(0.0f), {}, {} };
};

} // namespace asr::kyutai
