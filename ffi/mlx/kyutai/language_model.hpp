// language_model.hpp: Kyutai's language model. In each step it reads the codes of the audio and the text token of the step
// before, and predicts the next text token. The same step of several streams is one batch: they share the products with the
// weights, and each stream has its own keys and values. So streams can join or leave at any step.
#pragma once

namespace asr::kyutai {

// The state of one stream.
struct language_state {
    std::vector<key_value_ring> rings; // one for each layer
    int64_t                     position = 0;
    int32_t                     text;  // the text token of the step before
    std::vector<int32_t>        codes; // of the step before

    void collect(std::vector<mx::array> & arrays) const {
        for (const key_value_ring & ring : rings) {
            ring.collect(arrays);
        }
    }
};

class language_model {
  public:
    language_model(weight_reader & reader, const model_config & c)
        : config_(c), text_embedding_(reader.linear("text_emb", c.n_text + 1, c.width, false)),
          code_embedding_(read_code_embedding(reader, c)), out_norm_(reader.tensor("out_norm.weight", { c.width })),
          text_head_(reader.linear("text_linear", c.n_text, c.width, false)) {
        for (int32_t i = 0; i < c.n_layers; ++i) {
            const std::string name = "transformer.layers." + std::to_string(i) + ".";
            layers_.push_back({ reader.tensor(name + "norm1.weight", { c.width }),
                                reader.tensor(name + "norm2.weight", { c.width }),
                                reader.linear(name + "self_attn.in_proj", 3 * c.width, c.width, false),
                                reader.linear(name + "self_attn.out_proj", c.width, c.width, false),
                                reader.linear(name + "gating.linear_in", 2 * c.hidden_width(), c.width, false),
                                reader.linear(name + "gating.linear_out", c.width, c.hidden_width(), false) });
        }
        read_turn_head(reader);
    }

    language_state open() const {
        const auto n_layers = static_cast<size_t>(config_.n_layers);
        const auto n_books  = static_cast<size_t>(config_.n_codebooks);
        return { std::vector<key_value_ring>(n_layers, key_value_ring(config_.context + 1)), 0, config_.n_text,
                 std::vector<int32_t>(n_books, config_.n_codes) };
    }

    struct output {
        mx::array logits; // [n_batch, n_text], float32
        std::optional<mx::array>
            turn_end; // [n_batch]: probability that a turn has ended; only if the model has such a head
    };

    // Computes the next step of each stream from the token and the codes in its state.
    output step(const std::vector<language_state *> & states) const {
        const auto      n_batch   = static_cast<int32_t>(states.size());
        const mx::array positions = positions_of(states);
        mx::array       x         = mx::reshape(embed(states), { n_batch, 1, config_.width });
        for (size_t i = 0; i < layers_.size(); ++i) {
            const layer & l = layers_[i];
            x               = mx::add(x, attention(l, i, normalize(x, l.norm1), states, positions));
            x               = mx::add(x, gated(l, normalize(x, l.norm2)));
        }
        for (language_state * state : states) {
            ++state->position;
        }
        x          = mx::reshape(normalize(x, out_norm_), { n_batch, config_.width });
        output out = { mx::astype(linear(text_head_, x), mx::float32), std::nullopt };
        if (turn_head_) {
            const mx::array probs = mx::softmax(mx::astype(linear(*turn_head_, x), mx::float32), -1, /*precise=*/true);
            out.turn_end          = mx::reshape(mx::slice(probs, { 0, 0 }, { n_batch, 1 }), { n_batch });
        }
        return out;
    }

    bool ends_turns() const { return turn_head_.has_value(); }

  private:
    struct layer {
        mx::array      norm1, norm2;
        linear_weights in_proj, out_proj, linear_in, linear_out;
    };

    static constexpr float norm_epsilon = 1e-8f;

    // Joins the embeddings of all codebooks to one matrix, in which those of codebook i start at row i * (n_codes + 1).
    static linear_weights read_code_embedding(weight_reader & reader, const model_config & c) {
        std::vector<mx::array> weights, scales, biases;
        linear_weights         last = { mx::array(0.0f), {}, {}, {}, {} };
        for (int32_t i = 0; i < c.n_codebooks; ++i) {
            last = reader.linear("audio_embs." + std::to_string(i), c.n_codes + 1, c.width, false);
            weights.push_back(last.weight);
            if (last.scales) {
                scales.push_back(*last.scales);
                biases.push_back(*last.offsets);
            }
        }
        last.weight = mx::concatenate(weights, 0);
        last.weight.eval();
        if (last.scales) {
            last.scales  = mx::concatenate(scales, 0);
            last.offsets = mx::concatenate(biases, 0);
            mx::eval(*last.scales, *last.offsets);
        }
        return last;
    }

    // The third of the heads for pauses predicts a long pause, which ends a turn. Only some models have these heads.
    void read_turn_head(weight_reader & reader) {
        const std::string name = "extra_heads.2";
        if (reader.has(name + ".weight")) {
            turn_head_ = reader.linear(name, reader.shape(name + ".weight").at(0), config_.width, false);
        }
    }

    mx::array embed(const std::vector<language_state *> & states) const {
        std::vector<int32_t> texts, rows;
        for (const language_state * state : states) {
            texts.push_back(state->text);
            for (size_t i = 0; i < state->codes.size(); ++i) {
                rows.push_back(static_cast<int32_t>(i) * (config_.n_codes + 1) + state->codes[i]);
            }
        }
        const auto      n_batch = static_cast<int32_t>(states.size());
        const mx::array text    = asr::embed(text_embedding_, mx::array(texts.data(), { n_batch }, mx::int32));
        const mx::array codes =
            asr::embed(code_embedding_, mx::array(rows.data(), { n_batch, config_.n_codebooks }, mx::int32));
        return mx::add(text, mx::sum(codes, 1));
    }

    static mx::array normalize(const mx::array & x, const mx::array & weight) {
        return mx::fast::rms_norm(x, weight, norm_epsilon);
    }

    mx::array attention(const layer & l, size_t which, const mx::array & x,
                        const std::vector<language_state *> & states, const mx::array & positions) const {
        const int32_t   n_batch = x.shape(0), n_heads = config_.n_heads, head_width = config_.head_width();
        const mx::array qkv  = mx::reshape(linear(l.in_proj, x), { n_batch, 3, n_heads, 1, head_width });
        const auto      part = [&](int32_t i) {
            return mx::reshape(mx::slice(qkv, { 0, i, 0, 0, 0 }, { n_batch, i + 1, n_heads, 1, head_width }),
                               { n_batch, n_heads, 1, head_width });
        };
        const auto rotate = [&](const mx::array & y) {
            return mx::fast::rope(y, head_width, /*traditional=*/true, config_.rope_base, 1.0f, positions);
        };
        const mx::array                           q = rotate(part(0)), k = rotate(part(1)), v = part(2);
        const std::vector<const key_value_ring *> rings = add_to_rings(states, which, k, v);
        return linear(l.out_proj, mx::reshape(attend(q, rings, {}), { n_batch, 1, config_.width }));
    }

    // The feed-forward network, whose first half gates the second half (SwiGLU).
    mx::array gated(const layer & l, const mx::array & x) const {
        const mx::array both  = linear(l.linear_in, x);
        const int32_t   n     = config_.hidden_width();
        const mx::array gate  = mx::slice(both, { 0, 0, 0 }, { both.shape(0), 1, n });
        const mx::array value = mx::slice(both, { 0, 0, n }, { both.shape(0), 1, 2 * n });
        return linear(l.linear_out, mx::multiply(mx::multiply(gate, mx::sigmoid(gate)), value));
    }

    const model_config            config_;
    linear_weights                text_embedding_, code_embedding_;
    mx::array                     out_norm_;
    linear_weights                text_head_;
    std::vector<layer>            layers_;
    std::optional<linear_weights> turn_head_;
};

} // namespace asr::kyutai
