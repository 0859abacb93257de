// step_groups.hpp: orders activations for the product of bytes_avx2.cpp, which adds products of 8-bit numbers in 16 bits, because
// AVX2 needs two more instructions for each sum in 32 bits.
//
// A step is four consecutive numbers of each of a few rows, and a 16-bit sum gets the products of two of them. The weights are from
// 0 to 255, so the sum of several products is between -255 * N and 255 * P, where P is the sum of the positive activations among
// them, and N that of the negative ones without their signs. As long as both are at most 128, the sum fits into 16 bits, whatever
// the weights are. Most activations of a network are small, and the order of the steps does not matter. So nearly all steps can
// form groups of four within this limit.
//
// Files that include this file must follow the rules of float_tile.hpp.
#pragma once

#include "byte_product.hpp"
#include "transpose.hpp"

namespace asr {

constexpr int steps_of_group = 4;
constexpr int rows_of_step   = 8;

// A group has fewer steps if no other step fits; then its last steps have only zeros.
struct alignas(32) step_group {
    int32_t numbers[steps_of_group][rows_of_step]; // numbers[s][r]: four numbers of row r, from -128 to 127
    int32_t steps[steps_of_group];                 // for each step, the index of its first number divided by four
};

// A step that does not fit even alone becomes two steps, so a row of `depth` numbers gets at most this number of groups.
constexpr int64_t groups_max(int64_t depth) {
    return depth / 2;
}

// The steps of at most rows_of_step rows.
struct grouped_rows {
    const step_group * groups;
    int64_t            n_groups;
    int32_t            sums[rows_of_step]; // of the numbers of each row
};

// Makes the groups of some rows. Each step joins the first of a few open groups that has room for it.
class group_maker {
  public:
    // Groups n rows of `depth` numbers, each of which is 128 more than an activation. `groups` has room for groups_max(depth).
    static grouped_rows of(const uint8_t * numbers, int64_t n, int64_t depth, step_group * groups) {
        group_maker         maker(groups);
        grouped_rows        made = { groups, 0, {} };
        alignas(32) int32_t columns[rows_of_step][rows_of_step];
        const void *        rows[rows_of_step];
        __m256i             sums = _mm256_setzero_si256();
        for (int i = 0; i < rows_of_step; ++i) {
            rows[i] = numbers + (i < n ? i : 0) * depth;
        }
        for (int64_t i = 0; i < depth; i += 4 * rows_of_step) {
            transpose_8<true>(rows, i, columns, sizeof(columns[0]));
            for (int k = 0; k < rows_of_step; ++k) {
                const __m256i step  = _mm256_load_si256(reinterpret_cast<const __m256i *>(columns[k]));
                const __m256i pairs = _mm256_maddubs_epi16(_mm256_set1_epi8(1), step);
                sums                = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
                maker.add(step, static_cast<int32_t>(i / 4 + k));
            }
        }
        made.n_groups = maker.close_all();
        _mm256_storeu_si256(reinterpret_cast<__m256i *>(made.sums), sums);
        return made;
    }

  private:
    static constexpr int n_open = 8; // with more groups, few steps find a better one

    // The sums of the positive numbers, and of the others without their signs, for each 16-bit sum.
    struct sizes {
        __m256i positive;
        __m256i negative;

        static sizes of(__m256i numbers) {
            const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi8(1);
            return { _mm256_maddubs_epi16(_mm256_max_epi8(numbers, zero), one),
                     _mm256_maddubs_epi16(_mm256_sub_epi8(zero, _mm256_min_epi8(numbers, zero)), one) };
        }

        sizes operator+(const sizes & other) const {
            return { _mm256_add_epi16(positive, other.positive), _mm256_add_epi16(negative, other.negative) };
        }

        bool fit() const {
            const __m256i larger = _mm256_max_epi16(positive, negative);
            return _mm256_movemask_epi8(_mm256_cmpgt_epi16(larger, _mm256_set1_epi16(128))) == 0;
        }
    };

    struct open_group {
        sizes      total;
        step_group group;
        int        n_steps;
    };

    explicit group_maker(step_group * groups) : next(groups), first(groups) {
        for (open_group & one : open) {
            one.total   = sizes::of(_mm256_setzero_si256());
            one.n_steps = 0;
        }
    }

    // Halves of numbers always fit.
    void add(__m256i numbers, int32_t step) {
        const sizes own = sizes::of(numbers);
        if (own.fit()) {
            add(numbers, own, step);
            return;
        }
        const __m256i sign = _mm256_set1_epi8(static_cast<char>(0x80));
        const __m256i half =
            _mm256_or_si256(_mm256_andnot_si256(sign, _mm256_srli_epi16(numbers, 1)), _mm256_and_si256(sign, numbers));
        const __m256i rest = _mm256_sub_epi8(numbers, half);
        add(half, sizes::of(half), step);
        add(rest, sizes::of(rest), step);
    }

    void add(__m256i numbers, const sizes & own, int32_t step) {
        open_group & to            = room_for(own);
        to.total                   = to.total + own;
        to.group.steps[to.n_steps] = step;
        write(to.group.numbers[to.n_steps], numbers);
        if (++to.n_steps == steps_of_group) {
            close(to);
        }
    }

    // Returns the first group with room. If there is none, closes the group with the most steps, and returns it.
    open_group & room_for(const sizes & own) {
        open_group * fullest = &open[0];
        for (open_group & one : open) {
            if ((one.total + own).fit()) {
                return one;
            }
            fullest = one.n_steps > fullest->n_steps ? &one : fullest;
        }
        close(*fullest);
        return *fullest;
    }

    void close(open_group & one) {
        for (int s = one.n_steps; s < steps_of_group; ++s) {
            one.group.steps[s] = one.group.steps[0];
            write(one.group.numbers[s], _mm256_setzero_si256());
        }
        *next++     = one.group;
        one.total   = sizes::of(_mm256_setzero_si256());
        one.n_steps = 0;
    }

    // Returns the number of groups.
    int64_t close_all() {
        for (open_group & one : open) {
            if (one.n_steps > 0) {
                close(one);
            }
        }
        return next - first;
    }

    static void write(int32_t * to, __m256i numbers) { _mm256_store_si256(reinterpret_cast<__m256i *>(to), numbers); }

    open_group   open[n_open];
    step_group * next;
    step_group * first;
};

} // namespace asr
