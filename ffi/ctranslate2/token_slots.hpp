// token_slots.hpp: keeps keys and values of the tokens of a search. Rows of the search that have a token in common share its slot.
#pragma once

namespace asr {

// A slot has room for n_numbers of each layer.
template <typename Number>
class token_slots {
  public:
    token_slots(int64_t n_layers, int64_t n_numbers) : n_layers_(n_layers), n_numbers_(n_numbers) {}

    // Returns n slots that no row of `in_use` has.
    std::vector<int32_t> take(size_t n, const int32_t * in_use, size_t n_in_use) {
        if (free_.size() < n) {
            find_free(in_use, n_in_use);
        }
        while (free_.size() < n) {
            add_page();
        }
        const std::vector<int32_t> taken(free_.end() - static_cast<int64_t>(n), free_.end());
        free_.resize(free_.size() - n);
        return taken;
    }

    // Returns the numbers of a layer in a slot.
    Number * at(int32_t slot, int64_t layer) {
        const auto page = static_cast<size_t>(slot / slots_of_page);
        return pages_[page].get() + (layer * slots_of_page + slot % slots_of_page) * n_numbers_;
    }

  private:
    static constexpr int32_t slots_of_page = 64;

    void add_page() {
        const auto first = static_cast<int32_t>(pages_.size()) * slots_of_page;
        pages_.emplace_back(new Number[static_cast<size_t>(n_layers_ * slots_of_page * n_numbers_)]);
        for (int32_t i = slots_of_page - 1; i >= 0; --i) {
            free_.push_back(first + i);
        }
    }

    void find_free(const int32_t * in_use, size_t n_in_use) {
        std::vector<bool> is_used(pages_.size() * slots_of_page);
        for (size_t i = 0; i < n_in_use; ++i) {
            is_used[static_cast<size_t>(in_use[i])] = true;
        }
        free_.clear();
        for (size_t slot = is_used.size(); slot-- > 0;) {
            if (!is_used[slot]) {
                free_.push_back(static_cast<int32_t>(slot));
            }
        }
    }

    const int64_t                          n_layers_;
    const int64_t                          n_numbers_;
    std::vector<std::unique_ptr<Number[]>> pages_; // each [n_layers][slots_of_page][n_numbers]
    std::vector<int32_t>                   free_;
};

} // namespace asr
