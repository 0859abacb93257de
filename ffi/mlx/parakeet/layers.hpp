// layers.hpp: the layers of Parakeet that other kinds of models do not have.
#pragma once

namespace asr::parakeet {

// y = x * scale + shift, for each channel.
struct affine_weights {
    mx::array scale;
    mx::array shift;
};

inline mx::array affine(const affine_weights & w, const mx::array & x) {
    return mx::add(mx::multiply(x, w.scale), w.shift);
}

// Reads a batch normalisation. In a trained model, its means and variances are constants.
inline affine_weights read_batch_norm(weight_reader & reader, const std::string & name, int64_t n) {
    constexpr float epsilon  = 1e-5f;
    const auto      constant = [&](const char * part) { return reader.tensor(name + part, { n }, mx::float32); };
    const mx::array scale =
        mx::multiply(constant(".weight"), mx::rsqrt(mx::add(constant(".running_var"), mx::array(epsilon))));
    affine_weights read = { scale, mx::subtract(constant(".bias"), mx::multiply(constant(".running_mean"), scale)) };
    mx::eval(read.scale, read.shift);
    return read;
}

// Reads a convolution whose kernel has one element. The file has it with dimensions of 1 between n_out and n_in.
inline linear_weights read_pointwise(weight_reader & reader, const std::string & name,
                                     const std::vector<int64_t> & shape, bool has_bias) {
    const int64_t   n_out  = shape.front();
    const mx::array weight = reader.tensor(name + ".weight", shape);
    linear_weights  read   = { mx::reshape(weight, { static_cast<int32_t>(n_out), static_cast<int32_t>(shape.back()) }),
                               std::nullopt,
                               std::nullopt,
                               std::nullopt,
                               {} };
    if (has_bias) {
        read.bias = reader.tensor(name + ".bias", { n_out });
    }
    return read;
}

inline mx::array relu(const mx::array & x) {
    return mx::maximum(x, mx::array(0.0f, x.dtype()));
}

inline mx::array silu(const mx::array & x) {
    return mx::multiply(x, mx::sigmoid(x));
}

// Returns a vector of row numbers as an array, for mx::take.
inline mx::array row_numbers(const std::vector<int32_t> & rows) {
    return mx::array(rows.data(), { static_cast<int32_t>(rows.size()) }, mx::int32);
}

} // namespace asr::parakeet
