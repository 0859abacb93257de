// decoder.hpp: runs Whisper's decoder on a batch of chunks. Each chunk has the same number of rows: its beams or its sampled
// texts. The rows of a chunk read the same audio, so they are the queries of one attention to it.
#pragma once

namespace asr::whisper {

// The keys and values that a batch has computed so far. Row r of chunk c is at c * n_rows_each + r.
struct decoder_cache {
    struct layer {
        mx::array keys, values;             // of the text: [n_rows, n_heads, capacity, n_state / n_heads]
        mx::array audio_keys, audio_values; // of the audio: [n_chunks, n_heads, window, n_state / n_heads]
    };

    std::vector<layer>   layers;
    std::vector<int32_t> padding; // number of tokens before the prompt of each row that no query may read
    int32_t              n_chunks = 0;
    int32_t              n_past   = 0; // number of used positions
    int32_t              capacity = 0;

    int32_t n_rows() const { return static_cast<int32_t>(padding.size()); }
};

class decoder {
  public:
    decoder(weight_reader & reader, const model_config & config, mx::Dtype type, const layers & layers)
        : config_(config), type_(type), layers_(layers),
          embedding_(reader.linear("decoder.token_embedding", config.n_vocab, config.n_text_state, false)),
          positions_(reader.tensor("decoder.positional_embedding", { config.n_text_ctx, config.n_text_state })),
          norm_(reader.norm("decoder.ln", config.n_text_state)) {
        for (int32_t i = 0; i < config.n_text_layer; ++i) {
            const std::string name = "decoder.blocks." + std::to_string(i);
            const int64_t     n    = config.n_text_state;
            blocks_.push_back({ read_attention(reader, name + ".attn", n),
                                read_attention(reader, name + ".cross_attn", n), read_mlp(reader, name + ".mlp", n) });
        }
    }

    // Returns a cache for chunks with encodings [n_chunks, window, n_state]. Each chunk has one row.
    template <typename Stop>
    decoder_cache open_cache(const mx::array & encodings, std::vector<int32_t> padding, Stop && stop) const {
        decoder_cache cache;
        cache.n_chunks = encodings.shape(0);
        cache.padding  = std::move(padding);
        for (const block & b : blocks_) {
            stop();
            // The keys and the values are contiguous, because every step reads them.
            const auto part = [&](const linear_weights & w) {
                mx::array heads =
                    mx::contiguous(layers::split_heads(linear(w, encodings), cache.n_chunks, config_.n_text_head));
                heads.eval();
                return heads;
            };
            const mx::array none = mx::zeros(
                { cache.n_rows(), config_.n_text_head, 0, config_.n_text_state / config_.n_text_head }, type_);
            cache.layers.push_back({ none, none, part(b.audio.key), part(b.audio.value) });
        }
        return cache;
    }

    // Reads the next tokens [n_rows, n] of each row and adds them to the cache. Returns the output of the last layer
    // [n_rows, n, n_state]. Calls `after_layer` after each layer.
    template <typename AfterLayer>
    mx::array read(const std::vector<int32_t> & tokens, decoder_cache & cache, AfterLayer && after_layer) const {
        return read(tokens, cache, after_layer, [this](const mx::array & q, const decoder_cache::layer & kept, size_t) {
            return layers::attend(q, kept.audio_keys, kept.audio_values, {});
        });
    }

    // Like read(), but with the function `attend_audio` in place of the attention to the audio.
    template <typename AfterLayer, typename AttendAudio>
    mx::array read(const std::vector<int32_t> & tokens, decoder_cache & cache, AfterLayer && after_layer,
                   AttendAudio && attend_audio) const {
        const auto      n    = static_cast<int32_t>(tokens.size()) / cache.n_rows();
        const mx::array ids  = mx::array(tokens.data(), { cache.n_rows(), n }, mx::int32);
        const auto      seen = visible_keys(cache, n);
        reserve(cache, n);
        mx::array x = mx::add(embed(embedding_, ids), mx::take(positions_, position_ids(cache, n), 0));
        for (size_t i = 0; i < blocks_.size(); ++i) {
            const block &          b    = blocks_[i];
            decoder_cache::layer & kept = cache.layers[i];
            x                 = mx::add(x, attend_text(b.text, layer_norm(b.text.norm, x), cache, kept, seen));
            const mx::array q = layers::split_heads(linear(b.audio.query, layer_norm(b.audio.norm, x)), cache.n_chunks,
                                                    config_.n_text_head);
            const mx::array heard = mx::reshape(layers::join_heads(attend_audio(q, kept, i)), x.shape());
            x                     = layers_.mlp(b.mlp, mx::add(x, linear(b.audio.out, heard)));
            after_layer(x);
        }
        cache.n_past += n;
        return x;
    }

    // Returns the logits of outputs of the last layer, as float32.
    mx::array logits(const mx::array & outputs) const {
        return mx::astype(linear(embedding_, layer_norm(norm_, outputs)), mx::float32);
    }

    // Chooses the rows of the next step. Row i continues the row parents[i]. `chunks` are the chunks that stay, if some are
    // over.
    static void choose(decoder_cache & cache, const std::vector<int32_t> & parents,
                       const std::vector<int32_t> & chunks) {
        const auto is_unchanged = [](const std::vector<int32_t> & ids, int32_t n) {
            int32_t next = 0;
            return static_cast<int32_t>(ids.size()) == n &&
                   std::all_of(ids.begin(), ids.end(), [&](int32_t id) { return id == next++; });
        };
        const auto take = [](mx::array & from, const std::vector<int32_t> & ids) {
            from = mx::take(from, mx::array(ids.data(), { static_cast<int32_t>(ids.size()) }, mx::int32), 0);
        };
        if (!is_unchanged(parents, cache.n_rows())) {
            std::vector<int32_t> padding;
            for (const int32_t parent : parents) {
                padding.push_back(cache.padding[static_cast<size_t>(parent)]);
            }
            cache.padding = std::move(padding);
            for (decoder_cache::layer & layer : cache.layers) {
                take(layer.keys, parents);
                take(layer.values, parents);
            }
        }
        if (!is_unchanged(chunks, cache.n_chunks)) {
            cache.n_chunks = static_cast<int32_t>(chunks.size());
            for (decoder_cache::layer & layer : cache.layers) {
                take(layer.audio_keys, chunks);
                take(layer.audio_values, chunks);
            }
        }
    }

  private:
    struct block {
        attention_weights text, audio;
        mlp_weights       mlp;
    };

    mx::array attend_text(const attention_weights & w, const mx::array & x, const decoder_cache & cache,
                          decoder_cache::layer & kept, const layers::visible & seen) const {
        const auto heads = [&](const linear_weights & part) {
            return layers::split_heads(linear(part, x), x.shape(0), config_.n_text_head);
        };
        const int32_t end    = cache.n_past + x.shape(1);
        const auto    append = [&](mx::array & all, const mx::array & next) {
            const mx::Shape stop = { all.shape(0), all.shape(1), end, all.shape(3) };
            all                  = mx::slice_update(all, next, mx::Shape{ 0, 0, cache.n_past, 0 }, stop);
            return mx::slice(all, mx::Shape{ 0, 0, 0, 0 }, stop);
        };
        const mx::array k = append(kept.keys, heads(w.key));
        const mx::array v = append(kept.values, heads(w.value));
        return linear(w.out, layers::join_heads(layers::attend(heads(w.query), k, v, seen)));
    }

    // Makes room for n more positions.
    void reserve(decoder_cache & cache, int32_t n) const {
        constexpr int32_t step   = 32; // positions
        const int32_t     wanted = cache.n_past + n;
        if (wanted <= cache.capacity) {
            return;
        }
        const int32_t   grown = std::max(wanted, cache.capacity + step) - cache.capacity;
        const mx::array room  = mx::zeros(
            { cache.n_rows(), config_.n_text_head, grown, config_.n_text_state / config_.n_text_head }, type_);
        for (decoder_cache::layer & layer : cache.layers) {
            layer.keys   = mx::concatenate({ layer.keys, room }, 2);
            layer.values = mx::concatenate({ layer.values, room }, 2);
        }
        cache.capacity += grown;
    }

    // The position of a token in its text. The padding before a prompt has the position 0.
    static mx::array position_ids(const decoder_cache & cache, int32_t n) {
        std::vector<int32_t> ids;
        for (const int32_t padding : cache.padding) {
            for (int32_t i = 0; i < n; ++i) {
                ids.push_back(std::max(0, cache.n_past + i - padding));
            }
        }
        return mx::array(ids.data(), { cache.n_rows(), n }, mx::int32);
    }

    // A query reads the tokens of its row up to its own position, but not the padding. A token of the padding reads itself,
    // because an attention to no key is not a number.
    static layers::visible visible_keys(const decoder_cache & cache, int32_t n) {
        if (std::all_of(cache.padding.begin(), cache.padding.end(), [](int32_t padding) { return padding == 0; })) {
            return { n > 1, std::nullopt };
        }
        const int32_t           n_keys = cache.n_past + n;
        std::unique_ptr<bool[]> mask(
            new bool[static_cast<size_t>(cache.n_rows()) * static_cast<size_t>(n) * static_cast<size_t>(n_keys)]);
        bool * out = mask.get();
        for (const int32_t padding : cache.padding) {
            for (int32_t query = cache.n_past; query < n_keys; ++query) {
                for (int32_t key = 0; key < n_keys; ++key) {
                    *out++ = key == query || (key >= padding && key <= query);
                }
            }
        }
        return { false, mx::array(mask.get(), { cache.n_rows(), 1, n, n_keys }, mx::bool_) };
    }

    const model_config & config_;
    const mx::Dtype      type_;
    const layers &       layers_;
    linear_weights       embedding_;
    mx::array            positions_;
    norm_weights         norm_;
    std::vector<block>   blocks_;
};

} // namespace asr::whisper
