// features.hpp: converts samples to log-mel features, normalised over the chunk.
//
// Two programs compute the features of Parakeet in different ways. parakeet-mlx (parakeet_mlx/audio.py) is the reference of
// this engine. NeMo (AudioToMelSpectrogramPreprocessor) is the program with which the models were trained:
//
//                      parakeet-mlx                            NeMo
//   window             periodic, at the start of the frame     symmetric, in the middle of the frame
//   ends of the chunk  mirrored                                zeros
//   magnitude          |re| + |im|                             sqrt(re^2 + im^2)
//   logarithm          log(x + 1e-5)                           log(x + 2^-24)
//   deviation          divided by n                            divided by n - 1
//   last frame         like the others                         zeros, and not part of the mean and of the deviation
#pragma once

namespace asr::parakeet {

// Returns Slaney's mel filters [n_mels, n_fft / 2 + 1] from 0 Hz to half of the sample rate, each with the same area
// (librosa.filters.mel).
inline mx::array mel_filters(const features_config & config) {
    constexpr double linear_step = 200.0 / 3.0; // Hz per mel below log_begin
    constexpr double log_begin   = 1000.0;      // Hz
    const double     log_step    = std::log(6.4) / 27.0;
    constexpr double top         = model_config::sample_rate / 2.0;
    const double     top_mel     = log_begin / linear_step + std::log(top / log_begin) / log_step;
    const int32_t    n_bins      = config.n_fft / 2 + 1;
    const auto       to_hz       = [&](double mel) {
        const double log_mel = mel - log_begin / linear_step;
        return log_mel < 0.0 ? mel * linear_step : log_begin * std::exp(log_mel * log_step);
    };
    std::vector<float> filters(static_cast<size_t>(config.n_mels) * static_cast<size_t>(n_bins));
    for (int32_t mel = 0; mel < config.n_mels; ++mel) {
        const auto   edge = [&](int32_t i) { return to_hz(top_mel * (mel + i) / (config.n_mels + 1)); };
        const double left = edge(0), middle = edge(1), right = edge(2);
        for (int32_t bin = 0; bin < n_bins; ++bin) {
            const double hz     = top * bin / (n_bins - 1);
            const double height = std::min((hz - left) / (middle - left), (right - hz) / (right - middle));
            filters[static_cast<size_t>(mel * n_bins + bin)] =
                static_cast<float>(std::max(0.0, height) * 2.0 / (right - left));
        }
    }
    return mx::array(filters.data(), { config.n_mels, n_bins }, mx::float32);
}

// Returns the window [n_fft]: the named window of `config.window` samples, with zeros around it.
inline mx::array padded_window(const features_config & config) {
    const bool          is_nemo = config.kind == feature_kind::nemo;
    const int32_t       n       = config.window;
    const double        period  = is_nemo ? n - 1 : n;
    const int32_t       first   = is_nemo ? (config.n_fft - n) / 2 : 0;
    const std::string & name    = config.window_name;
    std::vector<float>  window(static_cast<size_t>(config.n_fft), 0.0f);
    for (int32_t i = 0; i < n; ++i) {
        const double at    = i / period;
        const double wave  = std::cos(2.0 * M_PI * at);
        double       value = 1.0;
        if (name == "hann" || name == "hanning") {
            value = 0.5 - 0.5 * wave;
        } else if (name == "hamming") {
            value = 0.54 - 0.46 * wave;
        } else if (name == "blackman") {
            value = 0.42 - 0.5 * wave + 0.08 * std::cos(4.0 * M_PI * at);
        } else if (name == "bartlett") {
            value = 1.0 - std::abs(2.0 * at - 1.0);
        }
        window[static_cast<size_t>(first + i)] = static_cast<float>(value);
    }
    return mx::array(window.data(), { config.n_fft }, mx::float32);
}

class features {
  public:
    explicit features(const features_config & config)
        : config_(config), filters_(mx::transpose(mel_filters(config))), window_(padded_window(config)) {}

    // Converts samples at 16 kHz to features [n_frames, n_mels], one frame per hop.
    mx::array of(const float * samples, int64_t n_samples) const {
        // Minimum number of samples. Shorter audio gets zeros at its end, because the encoder reduces it to no frames.
        constexpr int64_t n_min   = model_config::sample_rate / 4;
        const bool        is_nemo = config_.kind == feature_kind::nemo;
        const auto        n       = static_cast<int32_t>(std::max(n_samples, n_min));
        const int32_t   count = is_nemo ? n / config_.hop + 1 : (n + config_.n_fft - config_.window) / config_.hop + 1;
        const mx::array mel   = log_mel(power(frames(emphasised(samples, n_samples, n), count)));
        if (!is_nemo) {
            return normalised(mel, 0);
        }
        const mx::array inner = mx::slice(mel, { 0, 0 }, { count - 1, config_.n_mels });
        return mx::pad(normalised(inner, 1), { { 0, 1 }, { 0, 0 } });
    }

  private:
    // Returns n samples after the pre-emphasis. The first sample stays as it is.
    mx::array emphasised(const float * samples, int64_t n_samples, int32_t n) const {
        std::vector<float> values(static_cast<size_t>(n), 0.0f);
        std::copy_n(samples, n_samples, values.begin());
        for (size_t i = values.size() - 1; i > 0; --i) {
            values[i] -= config_.preemphasis * values[i - 1];
        }
        return mx::array(values.data(), { n }, mx::float32);
    }

    // Returns overlapping frames [count, n_fft]. The middle of the first frame is the first sample.
    mx::array frames(const mx::array & x, int32_t count) const {
        const int32_t n      = x.shape(0);
        const int32_t half   = config_.n_fft / 2;
        const int32_t needed = (count - 1) * config_.hop + config_.n_fft;
        // parakeet-mlx reads past the end of the samples where its window is 0.
        const int32_t missing = std::max(0, needed - (n + 2 * half));
        mx::array     padded  = x;
        if (config_.kind == feature_kind::nemo) {
            padded = mx::pad(x, { { half, half + missing } });
        } else {
            const mx::array before = mx::slice(x, { half }, { 0 }, { -1 });
            const mx::array after  = mx::slice(x, { n - 2 }, { n - 2 - half }, { -1 });
            padded                 = mx::concatenate({ before, x, after, mx::zeros({ missing }, mx::float32) });
        }
        return mx::as_strided(padded, { count, config_.n_fft }, { config_.hop, 1 }, 0);
    }

    // Returns the magnitudes of the frequencies, raised to the configured power: [count, n_fft / 2 + 1].
    mx::array power(const mx::array & frames) const {
        const mx::array spectrum = mx::fft::rfft(mx::multiply(frames, window_), config_.n_fft, -1);
        const mx::array re       = mx::abs(mx::real(spectrum));
        const mx::array im       = mx::abs(mx::imag(spectrum));
        const mx::array size =
            config_.kind == feature_kind::nemo ? mx::sqrt(mx::add(mx::square(re), mx::square(im))) : mx::add(re, im);
        return config_.power == 1.0f ? size : mx::power(size, mx::array(config_.power));
    }

    mx::array log_mel(const mx::array & power) const {
        const float smallest = config_.kind == feature_kind::nemo ? 0x1p-24f : 1e-5f;
        return mx::log(mx::add(mx::matmul(power, filters_), mx::array(smallest)));
    }

    // Subtracts the mean and divides by the deviation, of each band or of all values. Subtracts the mean twice: in silence, all
    // values are equal, and the rounding error of the first mean would become a signal.
    mx::array normalised(const mx::array & x, int32_t ddof) const {
        const std::vector<int> axes = config_.per_feature ? std::vector<int>{ 0 } : std::vector<int>{ 0, 1 };
        const auto centred = [&](const mx::array & y) { return mx::subtract(y, mx::mean(y, axes, /*keepdims=*/true)); };
        const mx::array values    = centred(centred(x));
        const mx::array deviation = mx::std(values, axes, /*keepdims=*/true, ddof);
        return mx::divide(values, mx::add(deviation, mx::array(1e-5f)));
    }

    const features_config & config_;
    mx::array               filters_; // [n_fft / 2 + 1, n_mels]
    mx::array               window_;
};

} // namespace asr::parakeet
