// token_slots.cpp: runs a search of random beams on the slots of tokens, and checks that a token never loses its numbers.
//
// Usage: token_slots. Prints "ok", or what is wrong.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "token_slots.hpp"

int main() {
    constexpr int64_t       n_layers = 3, n_numbers = 4;
    constexpr size_t        n_rows = 10;
    std::mt19937            generator(3);
    asr::token_slots<float> slots(n_layers, n_numbers);
    // Each row has the slots and the numbers of its tokens.
    std::vector<std::vector<int32_t>> rows(n_rows);
    std::vector<std::vector<float>>   expected(n_rows);
    int32_t                           slot_max = 0;
    for (int step = 0; step < 200; ++step) {
        std::vector<int32_t> in_use;
        for (const auto & row : rows) {
            in_use.insert(in_use.end(), row.begin(), row.end());
        }
        const std::vector<int32_t> taken = slots.take(n_rows, in_use.data(), in_use.size());
        for (size_t r = 0; r < n_rows; ++r) {
            slot_max = std::max(slot_max, taken[r]);
            rows[r].push_back(taken[r]);
            expected[r].push_back(static_cast<float>(generator() % 10000));
            for (int64_t layer = 0; layer < n_layers; ++layer) {
                for (int64_t i = 0; i < n_numbers; ++i) {
                    slots.at(taken[r], layer)[i] = expected[r].back() + static_cast<float>(layer * n_numbers + i);
                }
            }
        }
        // The search continues some rows several times, and others not at all.
        const auto past = rows;
        const auto told = expected;
        for (size_t r = 0; r < n_rows; ++r) {
            const size_t from = generator() % n_rows;
            rows[r]           = past[from];
            expected[r]       = told[from];
            for (size_t i = 0; i < rows[r].size(); ++i) {
                for (int64_t layer = 0; layer < n_layers; ++layer) {
                    const float found = slots.at(rows[r][i], layer)[n_numbers - 1];
                    if (found != expected[r][i] + static_cast<float>(layer * n_numbers + n_numbers - 1)) {
                        std::printf("step %d: token %zu of row %zu has lost its numbers\n", step, i, r);
                        return 1;
                    }
                }
            }
        }
    }
    // Without reuse, the slots would be 2000.
    if (slot_max >= 1000) {
        std::printf("expected fewer than 1000 slots, found %d\n", slot_max + 1);
        return 1;
    }
    std::puts("ok");
}
