// linear.hpp: the layers that every kind of model has: linear maps, embeddings and norms.
#pragma once

namespace asr {

// A matrix [n_out, n_in] with an optional bias. Quantised weights stay quantised only on a GPU, because MLX's quantised
// products are slow on a CPU.
struct linear_weights {
    mx::array                weight;
    std::optional<mx::array> bias;
    std::optional<mx::array> scales, offsets; // only if the weight is quantised
    quantization             quantized;       // the format of a quantised weight
};

struct norm_weights {
    mx::array weight;
    mx::array bias;
};

// Converts x [..., n_in] to [..., n_out].
inline mx::array linear(const linear_weights & w, const mx::array & x) {
    if (w.scales) {
        const mx::array y =
            mx::quantized_matmul(x, w.weight, *w.scales, w.offsets, true, w.quantized.group_size, w.quantized.bits);
        return w.bias ? mx::add(y, *w.bias) : y;
    }
    return w.bias ? mx::addmm(*w.bias, x, mx::transpose(w.weight)) : mx::matmul(x, mx::transpose(w.weight));
}

// Returns the rows `ids` of an embedding.
inline mx::array embed(const linear_weights & w, const mx::array & ids) {
    if (!w.scales) {
        return mx::take(w.weight, ids, 0);
    }
    return mx::dequantize(mx::take(w.weight, ids, 0), mx::take(*w.scales, ids, 0), mx::take(*w.offsets, ids, 0),
                          w.quantized.group_size, w.quantized.bits);
}

inline mx::array layer_norm(const norm_weights & w, const mx::array & x) {
    constexpr float epsilon = 1e-5f;
    return mx::fast::layer_norm(x, w.weight, w.bias, epsilon);
}

} // namespace asr
