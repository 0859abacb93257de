// encoder.hpp: runs Whisper's encoder. It consists of CTranslate2's layers in the same order as CTranslate2's own
// WhisperEncoder. Unlike WhisperEncoder, it can stop before every layer, and has its own attention on some CPUs
// (encoder_layer.hpp).
#pragma once

namespace asr {

class encoder {
  public:
    explicit encoder(const ctranslate2::models::Model & model)
        : conv1_(model, "encoder/conv1", 1, 1, 1, 1, &gelu), conv2_(model, "encoder/conv2", 2, 1, 1, 1, &gelu),
          transpose_({ 0, 2, 1 }), positions_(model, "encoder/position_encodings"), layers_(make_encoder_layers(model)),
          norm_(model, "encoder/layer_norm") {}

    // Returns the type that the features must have on a GPU.
    ctranslate2::DataType input_type() const { return norm_.output_type(); }

    // Converts features [1, n_mels, n_frames] to encoder positions [1, n_frames / 2, n_state]. Calls between_layers() before every
    // layer; it may throw an exception, and may change the number of threads.
    template <typename Between>
    ctranslate2::StorageView run(const ctranslate2::StorageView & features, Between && between_layers) {
        ctranslate2::StorageView in(norm_.output_type(), features.device());
        ctranslate2::StorageView out(norm_.output_type(), features.device());
        conv1_(features, in);
        between_layers();
        conv2_(in, out);
        transpose_(out, in);
        positions_(in);
        for (const auto & layer : layers_) {
            between_layers();
            layer->run(in, out);
            in = std::move(out);
        }
        norm_(in, out);
        return out;
    }

  private:
    ctranslate2::layers::Conv1D                 conv1_;
    ctranslate2::layers::Conv1D                 conv2_;
    ctranslate2::ops::Transpose                 transpose_;
    ctranslate2::layers::PositionEmbedding      positions_;
    std::vector<std::unique_ptr<encoder_layer>> layers_;
    ctranslate2::layers::LayerNorm              norm_;
};

} // namespace asr
