// linear.hpp: a layer that multiplies its input by a matrix. If the weights have 8 bits and the CPU has functions for them
// (cpu/byte_product.hpp), the layer converts the input to bytes, and makes floats of each part of the product at once: with the scales,
// the biases, the activation function and the numbers to add. CTranslate2's layer does these one after the other, and the memory is
// slower than the product. Other models use CTranslate2's layer.
#pragma once

#ifdef ASR_CPU_KERNELS

namespace asr {

class linear : public ctranslate2::layers::Layer {
    using tensor = ctranslate2::StorageView;

  public:
    // `n_in` is the number of numbers in a row of the input. `activation` is GELU or NULL.
    linear(const ctranslate2::models::Model & model, const std::string & scope, int64_t n_in,
           const ctranslate2::ops::ActivationType * activation = nullptr)
        : theirs_(model, scope, activation), applies_gelu_(activation != nullptr), weights_(bytes_of(model, scope)),
          biases_(model.get_variable_if_exists(scope + "/bias")) {
        if (weights_ == nullptr) {
            return;
        }
        const tensor & factors = model.get_variable(scope + "/weight_scale");
        require_numbers("a row of weights", weights_->dim(1), n_in);
        require_numbers("the scales of weights", factors.size(), output_size());
        require_numbers("a bias", biases_ == nullptr ? output_size() : biases_->size(), output_size());
        offsets_ = model.get_variable(scope + "/weight_compensation").data<int32_t>();
        std::transform(factors.data<float>(), factors.data<float>() + factors.size(), std::back_inserter(scales_),
                       [](float factor) { return 1.0f / factor; });
    }

    ctranslate2::DataType output_type() const override { return theirs_.output_type(); }

    ctranslate2::dim_t output_size() const override { return theirs_.output_size(); }

    // CTranslate2's layer with the same weights.
    ctranslate2::layers::Dense & theirs() { return theirs_; }

    // Computes out[..., output_size()] from in[..., depth]. Adds the numbers of `added`, which may be NULL.
    void operator()(const tensor & in, tensor & out, const tensor * added = nullptr) const {
        if (weights_ == nullptr) {
            theirs_(in, out, added);
            return;
        }
        const int64_t      depth  = weights_->dim(1);
        const int64_t      n_rows = in.size() / depth;
        ctranslate2::Shape shape  = in.shape();
        shape.back()              = output_size();
        out.resize(shape);
        tensor units({ n_rows }, ctranslate2::DataType::FLOAT32);
        tensor bytes({ n_rows, depth }, ctranslate2::DataType::INT8);
        quantize(in, n_rows, bytes, units);
        byte_product product  = { reinterpret_cast<const uint8_t *>(bytes.data<int8_t>()),
                                  n_rows,
                                  weights_->data<int8_t>(),
                                  output_size(),
                                  depth,
                                  offsets_,
                                  nullptr,
                                  output_size() };
        product.out           = out.data<float>();
        product.row_scales    = units.data<float>();
        product.column_scales = scales_.data();
        product.biases        = biases_ == nullptr ? nullptr : biases_->data<float>();
        product.added         = added == nullptr ? nullptr : added->data<float>();
        product.applies_gelu  = applies_gelu_;
        multiply_with_threads(product);
    }

  private:
    static void quantize(const tensor & in, int64_t n_rows, tensor & bytes, tensor & units) {
        constexpr int64_t n_operations = 8; // for each number
        const int64_t     depth        = bytes.dim(1);
        const float *     from         = in.data<float>();
        auto *            to           = reinterpret_cast<uint8_t *>(bytes.data<int8_t>());
        float *           unit         = units.data<float>();
        divide_among_threads(n_rows, n_operations * n_rows * depth, [=](int64_t first, int64_t last) {
            for (int64_t row = first; row < last; ++row) {
                unit[row] = functions_of_this_cpu().quantize(from + row * depth, depth, to + row * depth);
            }
        });
    }

    // Returns the weights [output_size, depth] if our product can multiply them, or NULL.
    static const tensor * bytes_of(const ctranslate2::models::Model & model, const std::string & scope) {
        const tensor * weights = model.get_variable_if_exists(scope + "/weight");
        const bool     is_ours = functions_of_this_cpu().multiply_bytes != nullptr && weights != nullptr &&
                             model.device() == ctranslate2::Device::CPU &&
                             weights->dtype() == ctranslate2::DataType::INT8 && weights->rank() == 2 &&
                             weights->dim(1) % depth_step == 0 && weights->dim(1) <= depth_max &&
                             model.get_variable_if_exists(scope + "/weight_compensation") != nullptr &&
                             model.get_variable_if_exists(scope + "/weight_packed") == nullptr;
        return is_ours ? weights : nullptr;
    }

    ctranslate2::layers::Dense theirs_;
    const bool                 applies_gelu_;
    const tensor * const       weights_; // NULL: CTranslate2's layer computes
    const tensor * const       biases_;  // may be NULL
    const int32_t *            offsets_ = nullptr;
    std::vector<float>         scales_;
};

// Two layers with GELU between them: CTranslate2's FeedForwardNetwork as Whisper uses it.
class feed_forward_network : public ctranslate2::layers::Layer {
  public:
    feed_forward_network(const ctranslate2::models::Model & model, const std::string & scope, int64_t n_state)
        : norm_(model, scope + "/layer_norm"), widen_(model, scope + "/linear_0", n_state, &gelu),
          narrow_(model, scope + "/linear_1", widen_.output_size()) {}

    ctranslate2::DataType output_type() const override { return narrow_.output_type(); }

    ctranslate2::dim_t output_size() const override { return narrow_.output_size(); }

    void operator()(const ctranslate2::StorageView & in, ctranslate2::StorageView & out) const {
        ctranslate2::StorageView wide;
        norm_(in, out);
        widen_(out, wide);
        narrow_(wide, out, &in);
    }

  private:
    const ctranslate2::layers::LayerNorm norm_;
    const linear                         widen_;
    const linear                         narrow_;
};

} // namespace asr

#endif
