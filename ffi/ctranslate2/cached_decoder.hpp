// cached_decoder.hpp: a decoder for CPUs with functions of cpu/attention.hpp. It consists of CTranslate2's layers in the order of
// CTranslate2's own decoder, and has its own attention and its own memory for keys and values:
//
//   - The keys and values of an encoding are written once, in the order in which the products read them. They are halves unless the
//     model computes in floats, because reading them takes most of the time of a step.
//   - The keys and values of a token are written once, to a slot. A row of a search has the numbers of the slots of its tokens. So a
//     search, which changes the order of its rows in each step, moves only numbers of slots.
//   - The chunks of a batch need no padding.
#pragma once

namespace asr {

#ifdef ASR_CPU_KERNELS

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

// The state has two tensors with a row for each row of the search: "chunk" [n_rows, 1] is the index of the chunk, and "slots"
// [n_rows, n_tokens] are the slots of the tokens.
template <typename Number>
class cached_decoder : public decoder, public ctranslate2::layers::Decoder {
    using tensor = ctranslate2::StorageView;
    using states = ctranslate2::layers::DecoderState;

  public:
    cached_decoder(const ctranslate2::models::Model & model, int64_t n_heads, const cache_functions<Number> & functions)
        : Decoder(ctranslate2::Device::CPU), functions_(functions), n_heads_(n_heads), n_state_(n_heads * head_size),
          embeddings_(model, "decoder/embeddings"), positions_(model, "decoder/position_encodings"),
          layers_(ctranslate2::layers::build_layers_list<decoder_layer>(model, "decoder/layer", n_state_)),
          norm_(model, "decoder/layer_norm"), vocabulary_(model, "decoder/projection", n_state_),
          slots_(static_cast<int64_t>(layers_.size()), 2 * n_state_) {
        require_numbers(embeddings_, n_state_);
        require_numbers(vocabulary_, model.get_variable("decoder/embeddings/weight").dim(0));
    }

    states begin(const std::vector<const encoding *> & encodings) override {
        end();
        std::vector<int32_t> indices;
        for (const encoding * one : encodings) {
            indices.push_back(static_cast<int32_t>(chunks_.size()));
            chunks_.push_back(memory_of(*one));
        }
        states state;
        state.emplace("chunk", tensor({ static_cast<int64_t>(indices.size()), 1 }, indices));
        return state;
    }

    tensor read(const tensor & tokens, states & state) override { return run(tokens, tokens.dim(1), 0, state); }

    void compute_logits(const tensor & outputs, int32_t position, tensor & logits) override {
        const int64_t n_rows = outputs.dim(0);
        tensor        last({ n_rows, n_state_ });
        for (int64_t row = 0; row < n_rows; ++row) {
            std::copy_n(outputs.data<float>() + (row * outputs.dim(1) + position) * n_state_, n_state_,
                        last.data<float>() + row * n_state_);
        }
        vocabulary_(last, logits);
    }

    Decoder & steps() override { return *this; }

    void end() override {
        chunks_.clear();
        slots_.clear();
    }

    states initial_state(bool) const override { return {}; }

    void operator()(ctranslate2::dim_t step, const tensor & ids, states & state, tensor * logits, tensor *) override {
        const tensor outputs = run(ids, 1, step, state);
        if (logits != nullptr) {
            compute_logits(outputs, 0, *logits);
        }
    }

    void operator()(const tensor &, const tensor &, states &, tensor &, tensor *) override {
        throw failure(ASR_STATUS_INTERNAL, "This decoder reads whole sequences with read()");
    }

  protected:
    ctranslate2::layers::Dense & output_layer() override { return vocabulary_.theirs(); }

  private:
    // The keys and values of an encoding.
    struct memory {
        int64_t                                n_positions;
        std::vector<std::unique_ptr<Number[]>> layers; // each [n_heads][stored_numbers(n_positions)]
    };

    memory memory_of(const encoding & from) const {
        const int64_t n    = from.output.dim(1);
        const int64_t size = stored_numbers(n);
        memory        made{ n, {} };
        tensor        projected; // [1, n, 2 * n_state]
        for (const auto & layer : layers_) {
            layer->cross_memory(from.output, projected);
            made.layers.emplace_back(new Number[static_cast<size_t>(n_heads_ * size)]);
            for (int64_t head = 0; head < n_heads_; ++head) {
                const float * keys = projected.template data<float>() + head * head_size;
                functions_.store({ nullptr, keys, keys + n_state_, 2 * n_state_, n, nullptr, 0 },
                                 made.layers.back().get() + head * size);
            }
        }
        return made;
    }

    // Reads n tokens of each row; the first one is at `position`. Returns the output of the last layer [n_rows, n, n_state].
    tensor run(const tensor & ids, int64_t n, int64_t position, states & state) {
        const int64_t              n_rows = ids.size() / n;
        const std::vector<int32_t> taken  = add_slots(n_rows, n, state);
        const tensor &             slots  = state.at("slots");
        tensor                     in, out;
        embeddings_(tensor({ n_rows, n }, const_cast<int32_t *>(ids.data<int32_t>())), in);
        positions_(in, position);
        for (size_t i = 0; i < layers_.size(); ++i) {
            const decoder_layer & layer = *layers_[i];
            tensor                normed, projected, joined, attended({ n_rows, n, n_state_ });
            layer.norm(in, normed);
            layer.project(normed, projected);
            attend_to_tokens(projected, static_cast<int64_t>(i), taken, slots, attended);
            layer.join(attended, joined, &in);
            layer.cross_norm(joined, normed);
            layer.cross_query(normed, projected);
            attend_to_audio(projected, i, state.at("chunk"), attended);
            layer.cross_join(attended, in, &joined);
            layer.feed_forward(in, out);
            in = std::move(out);
        }
        norm_(in, out);
        return out;
    }

    // Adds n slots to each row. Returns them, those of a row one after the other.
    std::vector<int32_t> add_slots(int64_t n_rows, int64_t n, states & state) {
        const auto                 found  = state.find("slots");
        const int64_t              n_past = found == state.end() ? 0 : found->second.dim(1);
        const int32_t *            past   = n_past == 0 ? nullptr : found->second.template data<int32_t>();
        const std::vector<int32_t> taken =
            slots_.take(static_cast<size_t>(n_rows * n), past, static_cast<size_t>(n_rows * n_past));
        std::vector<int32_t> all;
        for (int64_t row = 0; row < n_rows; ++row) {
            all.insert(all.end(), past + row * n_past, past + (row + 1) * n_past);
            all.insert(all.end(), taken.begin() + row * n, taken.begin() + (row + 1) * n);
        }
        state.insert_or_assign("slots", tensor({ n_rows, n_past + n }, all));
        return taken;
    }

    // Each token attends to the tokens before it and to itself. `projected` [n_rows, n, 3 * n_state]: queries, keys and values
    void attend_to_tokens(const tensor & projected, int64_t layer, const std::vector<int32_t> & taken,
                          const tensor & slots, tensor & out) {
        const int64_t n_rows = projected.dim(0);
        const int64_t n      = projected.dim(1);
        const int64_t n_all  = slots.dim(1);
        const float * from   = projected.data<float>();
        for (size_t i = 0; i < taken.size(); ++i) {
            functions_.copy(from + static_cast<int64_t>(i) * 3 * n_state_ + n_state_, 2 * n_state_,
                            slots_.at(taken[i], layer));
        }
        std::vector<const Number *> of_row(static_cast<size_t>(n_all));
        scratch_.resize(static_cast<size_t>(padded_scores(n_all)));
        for (int64_t row = 0; row < n_rows; ++row) {
            std::transform(slots.data<int32_t>() + row * n_all, slots.data<int32_t>() + (row + 1) * n_all,
                           of_row.begin(), [&](int32_t slot) { return slots_.at(slot, layer); });
            for (int64_t i = 0; i < n; ++i) {
                const int64_t token = row * n + i;
                functions_.attend_to_slots({ from + token * 3 * n_state_, n_heads_, of_row.data(), n_all - n + i + 1,
                                             out.data<float>() + token * n_state_ },
                                           scratch_.data());
            }
        }
    }

    // The rows of a chunk attend to its encoding together. They are next to each other. `queries` [n_rows, n, n_state]
    void attend_to_audio(const tensor & queries, size_t layer, const tensor & chunks, tensor & out) {
        const int64_t   n_rows = queries.dim(0);
        const int64_t   n      = queries.dim(1);
        const int32_t * chunk  = chunks.data<int32_t>();
        for (int64_t first = 0, last = 0; first < n_rows; first = last) {
            while (last < n_rows && chunk[last] == chunk[first]) {
                ++last;
            }
            const memory & from = chunks_[static_cast<size_t>(chunk[first])];
            scratch_.resize(static_cast<size_t>(stored_scratch(from.n_positions)));
            for (int64_t head = 0; head < n_heads_; ++head) {
                const int64_t at = first * n * n_state_ + head * head_size;
                functions_.attend_to_stored({ queries.data<float>() + at, n_state_, (last - first) * n,
                                              from.layers[layer].get() + head * stored_numbers(from.n_positions),
                                              from.n_positions, out.data<float>() + at, n_state_ },
                                            scratch_.data());
            }
        }
    }

    const cache_functions<Number>                     functions_;
    const int64_t                                     n_heads_;
    const int64_t                                     n_state_;
    const ctranslate2::layers::Embeddings             embeddings_;
    ctranslate2::layers::PositionEmbedding            positions_;
    const std::vector<std::unique_ptr<decoder_layer>> layers_;
    const ctranslate2::layers::LayerNorm              norm_;
    linear                                            vocabulary_;
    token_slots<Number>                               slots_;
    std::vector<memory>                               chunks_;
    std::vector<float>                                scratch_; // of the attention
};

#endif

inline std::unique_ptr<decoder> make_decoder(const ctranslate2::models::Model & model) {
#ifdef ASR_CPU_KERNELS
    const int64_t n_heads = model.get_attribute_with_default<int32_t>("decoder/num_heads", 8);
    if (has_own_attention(model, "decoder/layer_0", n_heads)) {
        const cpu_functions & functions = functions_of_this_cpu();
        if (computes_in_floats(model)) {
            return std::make_unique<cached_decoder<float>>(model, n_heads, functions.float_cache);
        }
        return std::make_unique<cached_decoder<half>>(model, n_heads, functions.half_cache);
    }
#endif
    return std::make_unique<ctranslate2_decoder>(model);
}

} // namespace asr
