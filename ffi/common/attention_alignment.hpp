// attention_alignment.hpp: computes the time of each token from the decoder's cross-attention.
//
// This is the method of OpenAI's Whisper (whisper/timing.py, find_alignment and dtw):
//
//   attention of the alignment heads -> normalize over the frames of the chunk -> standardize over the tokens
//   -> median filter over the frames -> mean over the heads -> dynamic time warping -> a path from frame to token
//
// A token starts at the frame where the path first reaches the row of the token.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace asr {

// Attention weights after softmax in contiguous memory: [n_heads][n_frames][n_tokens]. Only the first n_frames_used
// frames are used.
struct attention {
    const float * weights;
    int32_t       n_heads;
    int32_t       n_frames;
    int32_t       n_frames_used;
    int32_t       n_tokens;
};

namespace detail {

constexpr int32_t median_width = 7;

// Returns the weights of one head as [n_tokens][n_frames_used]. Scales each row so that its sum is 1, then standardizes
// each column.
inline std::vector<float> standardise_head(const attention & a, int32_t head) {
    const size_t       n_tokens = static_cast<size_t>(a.n_tokens);
    const size_t       n_frames = static_cast<size_t>(a.n_frames_used);
    const float *      from     = a.weights + static_cast<size_t>(head) * static_cast<size_t>(a.n_frames) * n_tokens;
    std::vector<float> rows(n_tokens * n_frames);

    for (size_t t = 0; t < n_tokens; ++t) {
        float sum = 0.0f;
        for (size_t f = 0; f < n_frames; ++f) {
            sum += from[f * n_tokens + t];
        }
        const float scale = sum > 0.0f ? 1.0f / sum : 0.0f;
        for (size_t f = 0; f < n_frames; ++f) {
            rows[t * n_frames + f] = from[f * n_tokens + t] * scale;
        }
    }
    for (size_t f = 0; f < n_frames; ++f) {
        double sum = 0.0, squares = 0.0;
        for (size_t t = 0; t < n_tokens; ++t) {
            const double x = rows[t * n_frames + f];
            sum += x;
            squares += x * x;
        }
        const double mean      = sum / static_cast<double>(n_tokens);
        const double deviation = std::sqrt(std::max(0.0, squares / static_cast<double>(n_tokens) - mean * mean));
        const double scale     = deviation > 0.0 ? 1.0 / deviation : 0.0;
        for (size_t t = 0; t < n_tokens; ++t) {
            float & x = rows[t * n_frames + f];
            x         = static_cast<float>((x - mean) * scale);
        }
    }
    return rows;
}

// Adds the running median of a row to `sum`. Both ends of the row are mirrored.
inline void add_median_filtered(const float * row, int32_t n, float * sum) {
    constexpr int32_t half = median_width / 2;
    if (n <= half) {
        for (int32_t i = 0; i < n; ++i) {
            sum[i] += row[i];
        }
        return;
    }
    float near[median_width];
    for (int32_t i = 0; i < n; ++i) {
        for (int32_t k = -half; k <= half; ++k) {
            int32_t j = std::abs(i + k);
            j         = j < n ? j : 2 * (n - 1) - j;
            near[k + half] = row[j];
        }
        std::nth_element(near, near + half, near + median_width);
        sum[i] += near[half];
    }
}

// Finds the monotonic path through cost [n_rows][n_columns] that has the lowest sum. Returns the first column of the
// path in each row.
inline std::vector<int32_t> warp(const std::vector<float> & cost, int32_t n_rows, int32_t n_columns) {
    enum step : uint8_t { diagonal, up, left };

    const size_t         width = static_cast<size_t>(n_columns) + 1;
    std::vector<float>   previous(width, std::numeric_limits<float>::infinity());
    std::vector<float>   current(width);
    std::vector<uint8_t> trace(static_cast<size_t>(n_rows) * static_cast<size_t>(n_columns));
    previous[0] = 0.0f;
    for (int32_t r = 0; r < n_rows; ++r) {
        current[0] = std::numeric_limits<float>::infinity();
        for (int32_t c = 0; c < n_columns; ++c) {
            const size_t i  = static_cast<size_t>(c) + 1;
            const float  d  = previous[i - 1], u = previous[i], l = current[i - 1];
            const step   s  = d < u && d < l ? diagonal : u < d && u < l ? up : left;
            const size_t at = static_cast<size_t>(r) * static_cast<size_t>(n_columns) + static_cast<size_t>(c);
            current[i]      = cost[at] + (s == diagonal ? d : s == up ? u : l);
            trace[at]       = s;
        }
        std::swap(previous, current);
    }

    std::vector<int32_t> first(static_cast<size_t>(n_rows), 0);
    for (int32_t r = n_rows - 1, c = n_columns - 1; r >= 0 && c >= 0;) {
        first[static_cast<size_t>(r)] = c;
        const uint8_t s = trace[static_cast<size_t>(r) * static_cast<size_t>(n_columns) + static_cast<size_t>(c)];
        r -= s != left ? 1 : 0;
        c -= s != up ? 1 : 0;
    }
    return first;
}

} // namespace detail

// Returns the first frame of each of n_rows tokens. The first of these tokens is in row first_row.
inline std::vector<int32_t> align_tokens(const attention & a, int32_t first_row, int32_t n_rows) {
    const size_t       n_frames = static_cast<size_t>(a.n_frames_used);
    std::vector<float> mean(static_cast<size_t>(n_rows) * n_frames, 0.0f);
    for (int32_t head = 0; head < a.n_heads; ++head) {
        const std::vector<float> rows = detail::standardise_head(a, head);
        for (int32_t r = 0; r < n_rows; ++r) {
            detail::add_median_filtered(rows.data() + static_cast<size_t>(first_row + r) * n_frames, a.n_frames_used,
                                        mean.data() + static_cast<size_t>(r) * n_frames);
        }
    }
    for (float & x : mean) {
        x /= -static_cast<float>(a.n_heads); // negative mean of the heads, because warping minimizes the sum
    }
    return detail::warp(mean, n_rows, a.n_frames_used);
}

} // namespace asr
