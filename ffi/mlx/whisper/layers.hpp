// layers.hpp: the layers of a Whisper network as functions of MLX arrays. MLX computes an array only when it is evaluated.
#pragma once

namespace asr::whisper {

// The weights of an attention, with which Whisper's encoder and decoder read the audio and the text.
struct attention_weights {
    norm_weights   norm;
    linear_weights query, key, value, out;
};

struct mlp_weights {
    norm_weights   norm;
    linear_weights in, out;
};

inline attention_weights read_attention(weight_reader & reader, const std::string & name, int64_t n) {
    return { reader.norm(name + "_ln", n), reader.linear(name + ".query", n, n, true),
             reader.linear(name + ".key", n, n, false), reader.linear(name + ".value", n, n, true),
             reader.linear(name + ".out", n, n, true) };
}

inline mlp_weights read_mlp(weight_reader & reader, const std::string & name, int64_t n) {
    return { reader.norm(name + "_ln", n), reader.linear(name + "1", 4 * n, n, true),
             reader.linear(name + "2", n, 4 * n, true) };
}

class layers {
  public:
    explicit layers(bool on_gpu) : gelu_(on_gpu ? mx::compile(exact_gelu, /*shapeless=*/true) : exact_gelu) {}

    mx::array gelu(const mx::array & x) const { return gelu_({ x })[0]; }

    mx::array mlp(const mlp_weights & w, const mx::array & x) const {
        return mx::add(x, linear(w.out, gelu(linear(w.in, layer_norm(w.norm, x)))));
    }

    // Converts [n_batch, n, n_state] to [n_batch, n_heads, n, n_state / n_heads]. A size of -1 is chosen so that it fits.
    static mx::array split_heads(const mx::array & x, int32_t n_batch, int32_t n_heads) {
        return mx::transpose(mx::reshape(x, { n_batch, -1, n_heads, x.shape(-1) / n_heads }), { 0, 2, 1, 3 });
    }

    static mx::array join_heads(const mx::array & x) {
        return mx::reshape(mx::transpose(x, { 0, 2, 1, 3 }), { x.shape(0), x.shape(2), -1 });
    }

    // Which keys a query may read: all of them, those up to its own position, or those that a mask names.
    struct visible {
        bool                     causal = false;
        std::optional<mx::array> mask;
    };

    static mx::array attend(const mx::array & q, const mx::array & k, const mx::array & v, const visible & seen) {
        const float  scale = 1.0f / std::sqrt(static_cast<float>(q.shape(-1)));
        const char * mode  = seen.mask ? "array" : seen.causal ? "causal" : "";
        return mx::fast::scaled_dot_product_attention(q, k, v, scale, mode, seen.mask);
    }

    // Returns the weights of an attention to all keys. Scales the queries and the keys separately, because their product
    // could be too large for float16.
    static mx::array attention_probs(const mx::array & q, const mx::array & k) {
        const mx::array scale(std::pow(static_cast<float>(q.shape(-1)), -0.25f), q.dtype());
        const mx::array scores = mx::matmul(mx::multiply(q, scale), mx::multiply(mx::swapaxes(k, -1, -2), scale));
        return mx::softmax(scores, -1, /*precise=*/true);
    }

  private:
    static std::vector<mx::array> exact_gelu(const std::vector<mx::array> & inputs) {
        const mx::array & x    = inputs[0];
        const auto        same = [&](float value) { return mx::array(value, x.dtype()); };
        const mx::array   sum  = mx::add(same(1.0f), mx::erf(mx::multiply(x, same(0.70710678f))));
        return { mx::multiply(mx::multiply(x, same(0.5f)), sum) };
    }

    std::function<std::vector<mx::array>(const std::vector<mx::array> &)> gelu_;
};

} // namespace asr::whisper
