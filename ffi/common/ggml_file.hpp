// ggml_file.hpp: reads a ggml file of a Whisper model and checks its structure, before an engine's loader reads it. The file
// is untrusted. An engine library includes this file after ggml.h.
#pragma once

#include "guard.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

namespace asr {

constexpr const char * cut_short = "Cannot read the model: the file is cut short";

// Provides the bytes of a model, from a file or from memory.
class model_bytes {
  public:
    explicit model_bytes(const asr_model_options & options) : data_(static_cast<const char *>(options.data)), size_(options.data_size) {
        if (data_ == nullptr) {
            file_.open(std::filesystem::u8path(options.path), std::ios::binary);
            if (!file_) {
                throw failure(ASR_STATUS_BAD_MODEL, "Cannot open the model file");
            }
            file_.seekg(0, std::ios::end);
            size_ = static_cast<int64_t>(file_.tellg());
            file_.seekg(0);
        }
    }

    // Reads up to `n` bytes and returns their number. It is less than `n` only at the end.
    size_t read_some(void * to, size_t n) {
        size_t got = 0;
        if (data_ != nullptr) {
            got = std::min(n, static_cast<size_t>(size_ - at_));
            std::memcpy(to, data_ + at_, got);
        } else {
            file_.read(static_cast<char *>(to), static_cast<std::streamsize>(n));
            got = static_cast<size_t>(file_.gcount());
        }
        at_ += static_cast<int64_t>(got);
        return got;
    }

    void rewind() {
        at_ = 0;
        if (file_.is_open()) {
            file_.clear();
            file_.seekg(0);
        }
    }

    int64_t size() const { return size_; }

    // Returns the number of bytes after the current position.
    int64_t rest() const { return size_ - at_; }

    // Reads exactly `n` bytes. Throws an exception if fewer bytes are left.
    void read_all(void * to, size_t n) {
        require_rest(static_cast<int64_t>(n));
        if (read_some(to, n) < n) {
            throw failure(ASR_STATUS_BAD_MODEL, cut_short); // another process has truncated the file since it was opened
        }
    }

    // Skips the next `n` bytes. Throws an exception if fewer bytes are left.
    void skip(int64_t n) {
        require_rest(n);
        at_ += n;
        if (file_.is_open()) {
            file_.seekg(at_);
        }
    }

  private:
    void require_rest(int64_t n) const {
        if (n > rest()) {
            throw failure(ASR_STATUS_BAD_MODEL, cut_short);
        }
    }

    std::ifstream file_;
    const char *  data_;
    int64_t       size_;
    int64_t       at_ = 0;
};

// The header of a ggml file: the numbers before the mel filters and the vocabulary.
struct model_header {
    uint32_t magic;
    int32_t  n_vocab, n_audio_ctx, n_audio_state, n_audio_head, n_audio_layer;
    int32_t  n_text_ctx, n_text_state, n_text_head, n_text_layer, n_mels, ftype, filter_mels, filter_bins;

    ggml_type type() const { return ggml_ftype_to_ggml_type(static_cast<ggml_ftype>(ftype % GGML_QNT_VERSION_FACTOR)); }
};

constexpr int32_t n_vocab_max     = 60000;
constexpr int32_t token_bytes_max = 1024;

[[noreturn]] inline void reject_file(const std::string & problem) {
    throw failure(ASR_STATUS_BAD_MODEL, "Cannot read the model: " + problem);
}

// Reads the header and checks that its dimensions are possible.
inline model_header check_header(model_bytes & source) {
    model_header h = {};
    source.read_all(&h, sizeof(h));

    if (h.magic != GGML_FILE_MAGIC) {
        reject_file("expected a whisper.cpp model (ggml), found another kind of file");
    }
    const auto within = [](int32_t x, int32_t low, int32_t high) { return x >= low && x <= high; };
    // The types that ggml_ftype_to_ggml_type() supports. For other types, that function would call abort().
    constexpr int32_t types[] = { 0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14, 24 };
    const bool        typed   = std::find(std::begin(types), std::end(types), h.ftype % GGML_QNT_VERSION_FACTOR) != std::end(types);
    const bool        sane    = typed && within(h.n_vocab, 51864, n_vocab_max) && within(h.n_audio_ctx, 1, 1500) &&
                      within(h.n_audio_state, 64, 4096) && within(h.n_audio_head, 1, 64) && within(h.n_audio_layer, 1, 128) &&
                      within(h.n_text_ctx, 32, 4096) && within(h.n_text_state, 64, 4096) && within(h.n_text_head, 1, 64) &&
                      within(h.n_text_layer, 1, 128) && (h.n_mels == 80 || h.n_mels == 128) && h.filter_mels == h.n_mels &&
                      within(h.filter_bins, 1, 4096) && h.n_audio_state == h.n_text_state &&
                      h.n_audio_state % h.n_audio_head == 0 && h.n_text_state % h.n_text_head == 0;
    if (!sane) {
        reject_file("its header holds impossible dimensions");
    }
    return h;
}

// Checks that the file is large enough for the matrices that its header describes. This is necessary because whisper.cpp
// allocates memory for all matrices before it reads the first one.
inline void check_size(const model_bytes & source, const model_header & h) {
    // A layer has four square matrices per attention, and two matrices of four times this size. An encoder layer has one
    // attention, and a decoder layer has two.
    const int64_t square  = static_cast<int64_t>(h.n_audio_state) * h.n_audio_state;
    const int64_t weights = 12 * square * h.n_audio_layer + 16 * square * h.n_text_layer + static_cast<int64_t>(h.n_vocab) * h.n_text_state;
    const int64_t needed  = weights / ggml_blck_size(h.type()) * static_cast<int64_t>(ggml_type_size(h.type()));
    if (source.size() < needed) {
        reject_file("the file is cut short: its header describes " + std::to_string(needed) + " bytes of weights, the file has " +
                    std::to_string(source.size()) + " bytes");
    }
}

// Checks the lengths of the tokens, because the loaders allocate memory for the declared length of a token before they
// read the token.
inline void check_vocabulary(model_bytes & source) {
    int32_t n_tokens = 0;
    source.read_all(&n_tokens, sizeof(n_tokens));
    if (n_tokens < 0 || n_tokens > n_vocab_max) {
        reject_file("its vocabulary has an impossible number of tokens");
    }
    char token[token_bytes_max];
    for (int32_t i = 0; i < n_tokens; ++i) {
        uint32_t length = 0;
        source.read_all(&length, sizeof(length));
        if (length > token_bytes_max) {
            reject_file("its vocabulary has a token of " + std::to_string(length) + " bytes, expected at most " + std::to_string(token_bytes_max));
        }
        source.read_all(token, length); // faster than skip(), which discards the buffer of the file
    }
}

// Checks the headers and the sizes of the tensors, because whisper.cpp does not check two numbers of a header. It
// writes any number of dimensions into an array of four elements. It allocates memory for any length of the tensor's
// name.
inline void check_tensors(model_bytes & source) {
    constexpr int32_t     name_bytes_max = 128;
    std::set<std::string> names;
    while (source.rest() > 0) {
        struct {
            int32_t n_dims, name_bytes, type;
        } h = {};
        source.read_all(&h, sizeof(h));
        const bool sane = h.n_dims >= 1 && h.n_dims <= 3 && h.name_bytes >= 1 && h.name_bytes <= name_bytes_max && h.type >= 0 &&
                          h.type < GGML_TYPE_COUNT && ggml_blck_size(static_cast<ggml_type>(h.type)) > 0;
        if (!sane) {
            reject_file("a tensor has an impossible header");
        }
        const auto type = static_cast<ggml_type>(h.type);
        int32_t    dims[3] = { 1, 1, 1 };
        source.read_all(dims, sizeof(int32_t) * static_cast<size_t>(h.n_dims));
        std::string name(static_cast<size_t>(h.name_bytes), 0);
        source.read_all(&name[0], name.size());
        // No model has dimensions above the limit. The limit also prevents an overflow, because the product of three
        // dimensions up to the limit fits into 64 bits.
        const bool possible = std::all_of(dims, dims + 3, [](int32_t n) { return n >= 1 && n <= (1 << 20); }) &&
                              dims[0] % ggml_blck_size(type) == 0;
        if (!possible || !names.insert(name).second) {
            reject_file("a tensor has impossible dimensions, or is there twice");
        }
        const int64_t blocks = static_cast<int64_t>(dims[0]) / ggml_blck_size(type) * dims[1] * dims[2];
        if (blocks > source.size()) {
            reject_file("the file is cut short: it does not hold all of a tensor");
        }
        source.skip(blocks * static_cast<int64_t>(ggml_type_size(type)));
    }
    if (names.empty()) {
        reject_file("the file is cut short: it has no weights");
    }
}

// Checks the lengths and dimensions in the file, because the loaders use some of them without a check.
inline void check_ggml_file(model_bytes & source) {
    const model_header header = check_header(source);
    check_size(source, header);
    source.skip(static_cast<int64_t>(sizeof(float)) * header.filter_mels * header.filter_bins);
    check_vocabulary(source);
    check_tensors(source);
    source.rewind();
}

} // namespace asr
