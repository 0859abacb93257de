// cached_decoder.hpp: Whisper's decoder for CPUs with functions of cpu/attention.hpp. It consists of CTranslate2's layers in the
// order of CTranslate2's own decoder, and has its own attention and its own memory for keys and values:
//
//   - The keys and values of an encoding are written once, in the order in which the products read them. They are halves unless the
//     model computes in floats, because reading them takes most of the time of a step.
//   - The keys and values of a token are written once, to a slot. A row of a search has the numbers of the slots of its tokens. So a
//     search, which changes the order of its rows in each step, moves only numbers of slots.
//   - Chunks that are read together need neither the same length nor the same number of rows or tokens.
#pragma once

#ifdef ASR_CPU_KERNELS

namespace asr {

struct decoder_layer {
    ctranslate2::layers::LayerNorm norm;
    linear                         project; // to queries, keys and values of all heads
    linear                         join;
    ctranslate2::layers::LayerNorm cross_norm;
    linear                         cross_query;
    linear                         cross_memory; // to keys and values of all heads
    linear                         cross_join;
    feed_forward_network           feed_forward;

    decoder_layer(const ctranslate2::models::Model & model, const std::string & scope, int64_t n_state)
        : norm(model, scope + "/self_attention/layer_norm"),
          project(model, scope + "/self_attention/linear_0", n_state),
          join(model, scope + "/self_attention/linear_1", n_state), cross_norm(model, scope + "/attention/layer_norm"),
          cross_query(model, scope + "/attention/linear_0", n_state),
          cross_memory(model, scope + "/attention/linear_1", n_state),
          cross_join(model, scope + "/attention/linear_2", n_state), feed_forward(model, scope + "/ffn", n_state) {
        require_numbers(project, 3 * n_state);
        require_numbers(cross_query, n_state);
        require_numbers(cross_memory, 2 * n_state);
        require_numbers(join, n_state);
        require_numbers(cross_join, n_state);
        require_numbers(feed_forward, n_state);
    }
};

// What the decoder keeps of a chunk: the keys and values of its encoding, and those of the tokens that it has read.
template <typename Number>
struct text_cache {
    int64_t                                n_positions;
    std::vector<std::unique_ptr<Number[]>> audio; // of each layer: [n_heads][stored_numbers(n_positions)]
    token_slots<Number>                    tokens;
    std::vector<int32_t>                   slots;  // [n_rows, n_past]: of the tokens of each row
    int64_t                                n_past; // number of tokens of a row
};

// What the decoder reads of a chunk at once: some tokens of each row.
template <typename Number>
struct reading {
    text_cache<Number> * of;
    std::vector<int32_t> parents; // for each row, the row of the last reading that it continues; 0 in the first reading
    std::vector<int32_t> tokens;  // [n_rows, n_each]
    std::vector<int32_t> wanted;  // the tokens after which the logits are wanted: indices of `tokens`

    int64_t n_tokens() const { return static_cast<int64_t>(tokens.size()); }
    int64_t n_rows() const { return static_cast<int64_t>(parents.size()); }
    int64_t n_each() const { return n_tokens() / n_rows(); }
};

template <typename Number>
class cached_decoder {
    using tensor   = ctranslate2::StorageView;
    using readings = std::vector<reading<Number>>;

  public:
    cached_decoder(const ctranslate2::models::Model & model, int64_t n_heads, const cache_functions<Number> & functions)
        : functions_(functions), n_heads_(n_heads), n_state_(n_heads * head_size),
          embeddings_(model, "decoder/embeddings"),
          positions_(model.get_variable("decoder/position_encodings/encodings")),
          layers_(ctranslate2::layers::build_layers_list<decoder_layer>(model, "decoder/layer", n_state_)),
          norm_(model, "decoder/layer_norm"), vocabulary_(model, "decoder/projection", n_state_) {
        require_numbers(embeddings_, n_state_);
        require_numbers("a position", positions_.dim(1), n_state_);
        require_numbers(vocabulary_, model.get_variable("decoder/embeddings/weight").dim(0));
    }

    text_cache<Number> open_cache(const encoding & from) const {
        const int64_t      n    = from.output.dim(1);
        const int64_t      size = stored_numbers(n);
        text_cache<Number> opened{ n, {}, { static_cast<int64_t>(layers_.size()), 2 * n_state_ }, {}, 0 };
        tensor             projected; // [1, n, 2 * n_state]
        for (const auto & layer : layers_) {
            layer->cross_memory(from.output, projected);
            opened.audio.emplace_back(new Number[static_cast<size_t>(n_heads_ * size)]);
            for (int64_t head = 0; head < n_heads_; ++head) {
                const float * keys = projected.template data<float>() + head * head_size;
                functions_.store({ nullptr, keys, keys + n_state_, 2 * n_state_, n, nullptr, 0 },
                                 opened.audio.back().get() + head * size);
            }
        }
        return opened;
    }

    // Returns the logits [n, n_vocab] after the n wanted tokens of all readings.
    tensor read(const readings & all) {
        std::vector<std::vector<int32_t>> taken; // for each reading, the slots of its tokens
        for (const reading<Number> & one : all) {
            taken.push_back(grow(one));
        }
        tensor in = embed(all), out;
        for (size_t i = 0; i < layers_.size(); ++i) {
            const decoder_layer & layer = *layers_[i];
            tensor                normed, projected, joined, attended(in.shape());
            layer.norm(in, normed);
            layer.project(normed, projected);
            attend_to_tokens(projected, static_cast<int64_t>(i), all, taken, attended);
            layer.join(attended, joined, &in);
            layer.cross_norm(joined, normed);
            layer.cross_query(normed, projected);
            attend_to_audio(projected, i, all, attended);
            layer.cross_join(attended, in, &joined);
            layer.feed_forward(in, out);
            in = std::move(out);
        }
        tensor logits;
        norm_(wanted_of(in, all), out);
        vocabulary_(out, logits);
        return logits;
    }

  private:
    // Adds slots for the tokens of a reading to its rows. Returns these slots.
    static std::vector<int32_t> grow(const reading<Number> & of) {
        text_cache<Number> &       cache = *of.of;
        const int64_t              n     = of.n_each();
        const std::vector<int32_t> past  = std::move(cache.slots);
        const std::vector<int32_t> taken = cache.tokens.take(of.tokens.size(), past.data(), past.size());
        cache.slots.clear();
        for (int64_t row = 0; row < of.n_rows(); ++row) {
            const auto parent = past.begin() + of.parents[static_cast<size_t>(row)] * cache.n_past;
            cache.slots.insert(cache.slots.end(), parent, parent + cache.n_past);
            cache.slots.insert(cache.slots.end(), taken.begin() + row * n, taken.begin() + (row + 1) * n);
        }
        cache.n_past += n;
        return taken;
    }

    // Returns the embeddings [n_tokens, n_state] of the tokens and of their positions.
    tensor embed(const readings & all) const {
        std::vector<int32_t> tokens;
        for (const reading<Number> & one : all) {
            tokens.insert(tokens.end(), one.tokens.begin(), one.tokens.end());
        }
        tensor embedded;
        embeddings_(tensor({ static_cast<int64_t>(tokens.size()) }, tokens), embedded);
        auto * to = embedded.data<float>();
        for (const reading<Number> & one : all) {
            for (int64_t i = 0; i < one.n_tokens(); ++i, to += n_state_) {
                const int64_t position = one.of->n_past - one.n_each() + i % one.n_each();
                const float * from     = positions_.data<float>() + position * n_state_;
                std::transform(from, from + n_state_, to, to, std::plus<float>());
            }
        }
        return embedded;
    }

    // Each token attends to the tokens before it and to itself. `projected` [n_tokens, 3 * n_state]: queries, keys and values
    void attend_to_tokens(const tensor & projected, int64_t layer, const readings & all,
                          const std::vector<std::vector<int32_t>> & taken, tensor & out) {
        const float * from = projected.data<float>();
        float *       to   = out.data<float>();
        for (size_t k = 0; k < all.size(); ++k) {
            text_cache<Number> & cache = *all[k].of;
            for (int64_t i = 0; i < all[k].n_tokens(); ++i) {
                functions_.copy(from + i * 3 * n_state_ + n_state_, 2 * n_state_,
                                cache.tokens.at(taken[k][static_cast<size_t>(i)], layer));
            }
            const int64_t n_each = all[k].n_each();
            slots_.resize(static_cast<size_t>(cache.n_past));
            scratch_.resize(static_cast<size_t>(padded_scores(cache.n_past)));
            for (int64_t i = 0; i < all[k].n_tokens(); ++i, from += 3 * n_state_, to += n_state_) {
                if (i % n_each == 0) {
                    const auto row = cache.slots.begin() + i / n_each * cache.n_past;
                    std::transform(row, row + cache.n_past, slots_.begin(),
                                   [&](int32_t slot) { return cache.tokens.at(slot, layer); });
                }
                functions_.attend_to_slots(
                    { from, n_heads_, slots_.data(), cache.n_past - n_each + i % n_each + 1, to }, scratch_.data());
            }
        }
    }

    // The tokens of a chunk attend to its encoding together. `queries` [n_tokens, n_state]
    void attend_to_audio(const tensor & queries, size_t layer, const readings & all, tensor & out) {
        int64_t first = 0; // number of the first token of a reading
        for (const reading<Number> & one : all) {
            const int64_t n_keys = one.of->n_positions;
            scratch_.resize(static_cast<size_t>(stored_scratch(n_keys)));
            for (int64_t head = 0; head < n_heads_; ++head) {
                const int64_t at = first * n_state_ + head * head_size;
                functions_.attend_to_stored({ queries.data<float>() + at, n_state_, one.n_tokens(),
                                              one.of->audio[layer].get() + head * stored_numbers(n_keys), n_keys,
                                              out.data<float>() + at, n_state_ },
                                            scratch_.data());
            }
            first += one.n_tokens();
        }
    }

    // Returns the rows [n_wanted, n_state] of the wanted tokens from the rows of all tokens.
    tensor wanted_of(const tensor & outputs, const readings & all) const {
        std::vector<float> chosen;
        const float *      from = outputs.data<float>();
        for (const reading<Number> & one : all) {
            for (const int32_t i : one.wanted) {
                chosen.insert(chosen.end(), from + i * n_state_, from + (i + 1) * n_state_);
            }
            from += one.n_tokens() * n_state_;
        }
        return tensor({ static_cast<int64_t>(chosen.size()) / n_state_, n_state_ }, chosen);
    }

    const cache_functions<Number>                     functions_;
    const int64_t                                     n_heads_;
    const int64_t                                     n_state_;
    const ctranslate2::layers::Embeddings             embeddings_;
    const tensor &                                    positions_; // [n_text_ctx, n_state]
    const std::vector<std::unique_ptr<decoder_layer>> layers_;
    const ctranslate2::layers::LayerNorm              norm_;
    const linear                                      vocabulary_;
    std::vector<const Number *>                       slots_;   // of the tokens of a row
    std::vector<float>                                scratch_; // of the attention
};

} // namespace asr

#endif
