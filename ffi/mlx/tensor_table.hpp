// tensor_table.hpp: lists the tensors in a file of weights, without reading them.
#pragma once

namespace asr {

struct tensor_entry {
    mx::Dtype            type = mx::float32;
    std::vector<int64_t> shape;
    int64_t              offset = 0; // position of the first byte in the file
    int64_t              bytes  = 0;
};

struct tensor_table {
    std::map<std::string, tensor_entry, std::less<>> entries;
    int64_t                                          bytes = 0; // of all tensors
};

constexpr size_t n_tensors_max = 20000;

// Adds a tensor to the table. Checks that its dimensions match its number of bytes, and that the file contains these bytes.
// Also checks that the tensors do not share bytes, because they could otherwise need any multiple of the file's size.
inline void add_tensor(tensor_table & table, const model_file & file, const std::string & name, tensor_entry entry) {
    constexpr size_t rank_max = 8;
    int64_t          n_values = 1;
    bool possible = entry.shape.size() <= rank_max && table.entries.size() < n_tensors_max && entry.offset >= 0 &&
                    entry.bytes >= 0 && entry.bytes <= file.size() - entry.offset;
    for (const int64_t n : entry.shape) {
        // The check after each multiplication also prevents an overflow of the product.
        possible = possible && n >= 0 && n <= file.size() && n_values * n <= file.size();
        n_values = possible ? n_values * n : 0;
    }
    if (!possible || n_values * static_cast<int64_t>(mx::size_of(entry.type)) != entry.bytes) {
        reject_model(file.name() + " is cut short, or the dimensions of " + name.substr(0, 100) + " are impossible");
    }
    table.bytes += entry.bytes;
    if (table.bytes > file.size()) {
        reject_model(file.name() + " contains tensors that share bytes");
    }
    if (!table.entries.emplace(name, std::move(entry)).second) {
        reject_model(file.name() + " contains " + name.substr(0, 100) + " twice");
    }
}

} // namespace asr
