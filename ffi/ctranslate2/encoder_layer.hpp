// encoder_layer.hpp: a layer of Whisper's encoder. On CPUs for which cpu/attention.hpp has a version, the layer uses its
// attention with CTranslate2's other operations, in the order of CTranslate2's TransformerEncoderLayer.
#pragma once

namespace asr {

class encoder_layer {
  public:
    virtual ~encoder_layer() = default;

    // Computes the output [1, n_positions, n_state] of a layer from its input.
    virtual void run(const ctranslate2::StorageView & in, ctranslate2::StorageView & out) const = 0;
};

class ctranslate2_layer : public encoder_layer {
  public:
    ctranslate2_layer(const ctranslate2::models::Model & model, const std::string & scope, ctranslate2::dim_t n_heads)
        : layer_(model, scope, n_heads, /*pre_norm=*/true, gelu) {}

    void run(const ctranslate2::StorageView & in, ctranslate2::StorageView & out) const override {
        layer_(in, nullptr, out);
    }

  private:
    const ctranslate2::layers::TransformerEncoderLayer layer_;
};

#ifdef ASR_CPU_KERNELS

class fused_attention_layer : public encoder_layer {
  public:
    fused_attention_layer(const ctranslate2::models::Model & model, const std::string & scope,
                          ctranslate2::dim_t n_heads, attention_function attend)
        : attend_(attend), n_heads_(n_heads), n_state_(n_heads * head_size),
          norm_(model, scope + "/self_attention/layer_norm"),
          project_(model, scope + "/self_attention/linear_0", n_state_),
          join_(model, scope + "/self_attention/linear_1", n_state_), feed_forward_(model, scope + "/ffn", n_state_) {
        require_numbers(project_, 3 * n_state_);
        require_numbers(join_, n_state_);
        require_numbers(feed_forward_, n_state_);
    }

    void run(const ctranslate2::StorageView & in, ctranslate2::StorageView & out) const override {
        ctranslate2::StorageView normed, projected, joined;
        norm_(in, normed);
        project_(normed, projected); // [1, n_positions, 3 * n_state]: queries, keys, values of all heads
        attend(projected, normed);
        join_(normed, joined, &in);
        feed_forward_(joined, out);
    }

  private:
    void attend(const ctranslate2::StorageView & projected, ctranslate2::StorageView & out) const {
        const int64_t n_positions = projected.dim(1);
        const float * from        = projected.data<float>();
        float *       to          = out.data<float>();
        const int64_t n_scores    = n_heads_ * n_positions * n_positions;
        divide_among_threads(n_heads_, n_scores * 2 * head_size, [&](int64_t first, int64_t last) {
            ctranslate2::StorageView scratch({ attention_scratch(n_positions) }, ctranslate2::DataType::FLOAT32);
            for (int64_t i = first * head_size; i < last * head_size; i += head_size) {
                attend_({ from + i, from + n_state_ + i, from + 2 * n_state_ + i, 3 * n_state_, n_positions, to + i,
                          n_state_ },
                        scratch.data<float>());
            }
        });
    }

    const attention_function             attend_;
    const int64_t                        n_heads_;
    const int64_t                        n_state_;
    const ctranslate2::layers::LayerNorm norm_;
    const linear                         project_;
    const linear                         join_;
    const feed_forward_network           feed_forward_;
};

#endif

inline std::unique_ptr<encoder_layer> make_encoder_layer(const ctranslate2::models::Model & model,
                                                         const std::string & scope, int64_t n_heads) {
#ifdef ASR_CPU_KERNELS
    if (has_own_attention(model, scope, n_heads)) {
        const cpu_functions & functions = functions_of_this_cpu();
        return std::make_unique<fused_attention_layer>(
            model, scope, n_heads, computes_in_floats(model) ? functions.attend : functions.attend_roughly);
    }
#endif
    return std::make_unique<ctranslate2_layer>(model, scope, n_heads);
}

inline std::vector<std::unique_ptr<encoder_layer>> make_encoder_layers(const ctranslate2::models::Model & model) {
    const int64_t n_heads = model.get_attribute_with_default<int32_t>("encoder/num_heads", 8);
    std::vector<std::unique_ptr<encoder_layer>> layers;
    for (int i = 0;; ++i) {
        const std::string scope = "encoder/layer_" + std::to_string(i);
        if (!model.layer_exists(scope)) {
            return layers;
        }
        layers.push_back(make_encoder_layer(model, scope, n_heads));
    }
}

} // namespace asr
