// attention.hpp: self-attention with relative positions (Transformer-XL, as in NeMo's RelPositionMultiHeadAttention). The score
// of a query i and a key j is (q_i + u) k_j + (q_i + v) p_(i-j), where p is the embedding of the distance.
#pragma once

namespace asr::parakeet {

struct attention_weights {
    linear_weights query, key, value, out;
    mx::array      distance;       // matrix [n_state, n_state] for the embeddings of distances
    mx::array      bias_u, bias_v; // [n_heads, n_state / n_heads]
};

inline attention_weights read_attention(weight_reader & reader, const std::string & name,
                                        const encoder_config & config) {
    const int64_t n      = config.n_state;
    const auto    matrix = [&](const char * part) { return reader.linear(name + part, n, n, config.has_bias); };
    const auto    bias   = [&](const char * part) {
        return reader.tensor(name + part, { config.n_heads, n / config.n_heads });
    };
    return { matrix(".linear_q"),
             matrix(".linear_k"),
             matrix(".linear_v"),
             matrix(".linear_out"),
             reader.tensor(name + ".linear_pos.weight", { n, n }),
             bias(".pos_bias_u"),
             bias(".pos_bias_v") };
}

// Returns the sinusoidal embeddings [2 * n, n_state] of the distances n - 1 down to -n.
inline mx::array distance_embeddings(int32_t n, int32_t n_state) {
    const mx::array distances =
        mx::expand_dims(mx::arange(static_cast<double>(n - 1), static_cast<double>(-n - 1), -1.0, mx::float32), 1);
    const mx::array steps  = mx::arange(0.0, static_cast<double>(n_state), 2.0, mx::float32);
    const mx::array rates  = mx::exp(mx::multiply(steps, mx::array(static_cast<float>(-std::log(10000.0) / n_state))));
    const mx::array angles = mx::multiply(distances, rates);
    // The sine and the cosine of an angle are neighbours.
    return mx::reshape(mx::stack({ mx::sin(angles), mx::cos(angles) }, -1), { 2 * n, n_state });
}

// The valid frames of a batch whose chunks have different lengths.
struct frame_mask {
    mx::array is_frame; // [n_batch, n, 1]: whether a position is a frame of the chunk
    mx::array can_read; // [n_batch, 1, n, n]: whether a query may read a key
};

// Returns the mask of chunks with these numbers of frames. Returns no mask if every position is a frame and every query may
// read every key.
inline std::optional<frame_mask> mask_of(const std::vector<int32_t> & lengths, const encoder_config & config) {
    const int32_t n_batch  = static_cast<int32_t>(lengths.size());
    const int32_t n        = *std::max_element(lengths.begin(), lengths.end());
    const bool    is_full  = std::all_of(lengths.begin(), lengths.end(), [&](int32_t length) { return length == n; });
    const bool    is_local = config.context_left >= 0 && n > std::min(config.context_left, config.context_right) + 1;
    if (is_full && !is_local) {
        return std::nullopt;
    }
    const mx::array at = mx::arange(n);
    const mx::array is_frame =
        mx::less(mx::reshape(at, { 1, n }), mx::array(lengths.data(), { n_batch, 1 }, mx::int32));
    const mx::array distance = mx::subtract(mx::reshape(at, { n, 1 }), mx::reshape(at, { 1, n })); // query - key
    mx::array       can_read = mx::reshape(is_frame, { n_batch, 1, 1, n });
    if (is_local) {
        can_read =
            mx::logical_and(can_read, mx::logical_and(mx::less_equal(distance, mx::array(config.context_left)),
                                                      mx::greater_equal(distance, mx::array(-config.context_right))));
    }
    // A position after the chunk reads itself, because a query without keys would become NaN.
    can_read = mx::logical_or(can_read, mx::equal(distance, mx::array(0)));
    return frame_mask{ mx::expand_dims(is_frame, -1), can_read };
}

// Converts [n_batch, n, n_state] to [n_batch, n_heads, n, n_state / n_heads].
inline mx::array split_heads(const mx::array & x, int32_t n_heads) {
    return mx::transpose(mx::reshape(x, { x.shape(0), x.shape(1), n_heads, -1 }), { 0, 2, 1, 3 });
}

// Converts scores [n_batch, n_heads, n, 2 * n - 1], whose last axis is the distance, to [n_batch, n_heads, n, n], whose last
// axis is the key.
inline mx::array scores_by_key(const mx::array & scores) {
    const int32_t n_batch = scores.shape(0), n_heads = scores.shape(1), n = scores.shape(2),
                  n_distances = scores.shape(3);
    mx::array     x           = mx::pad(scores, { { 0, 0 }, { 0, 0 }, { 0, 0 }, { 1, 0 } });
    x                         = mx::reshape(x, { n_batch, n_heads, n_distances + 1, n });
    x                         = mx::slice(x, { 0, 0, 1, 0 }, { n_batch, n_heads, n_distances + 1, n });
    x                         = mx::reshape(x, { n_batch, n_heads, n, n_distances });
    return mx::slice(x, { 0, 0, 0, 0 }, { n_batch, n_heads, n, n });
}

// Runs the attention on x [n_batch, n, n_state]. `distances` [n_heads, 2 * n - 1, n_state / n_heads] are the embeddings of the
// distances times w.distance.
inline mx::array attend(const attention_weights & w, const mx::array & x, const mx::array & distances,
                        const std::optional<frame_mask> & mask) {
    const int32_t   n_heads = w.bias_u.shape(0);
    const float     scale   = 1.0f / std::sqrt(static_cast<float>(w.bias_u.shape(1)));
    const auto      heads   = [&](const linear_weights & part) { return split_heads(linear(part, x), n_heads); };
    const mx::array query   = heads(w.query);
    const auto      plus    = [&](const mx::array & bias) { return mx::add(query, mx::expand_dims(bias, 1)); };

    mx::array by_distance = mx::matmul(plus(w.bias_v), mx::swapaxes(distances, -1, -2));
    by_distance           = mx::multiply(scores_by_key(by_distance), mx::array(scale, by_distance.dtype()));
    if (mask) {
        by_distance = mx::where(mask->can_read, by_distance,
                                mx::array(-std::numeric_limits<float>::infinity(), by_distance.dtype()));
    }
    const mx::array read = mx::fast::scaled_dot_product_attention(plus(w.bias_u), heads(w.key), heads(w.value), scale,
                                                                  "array", by_distance);
    return linear(w.out, mx::reshape(mx::transpose(read, { 0, 2, 1, 3 }), { x.shape(0), x.shape(1), -1 }));
}

} // namespace asr::parakeet
