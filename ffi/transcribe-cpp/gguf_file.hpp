// gguf_file.hpp: checks a GGUF file before transcribe.cpp's loader reads it. The file is untrusted.
//
// ggml's reader compares every length in the header with the rest of the file, and the loader compares the dimensions of
// each tensor with the numbers in the header. But the loader allocates memory for these numbers before it reads a tensor,
// and it does not compare the end of the tensors with the end of the file. This file makes these two checks.
#pragma once

namespace asr {

struct gguf_deleter {
    void operator()(gguf_context * gguf) const { gguf_free(gguf); }
};

using gguf_handle = std::unique_ptr<gguf_context, gguf_deleter>;

inline bool ends_with(const std::string & text, const std::string & end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Returns the largest possible value of a number of the model. The largest real numbers are sizes of vocabularies
// (262,144) and of contexts (131,072). The loader allocates a structure of pointers for each layer.
inline uint64_t largest_value(const std::string & key) {
    constexpr uint64_t layers_max    = 256;
    constexpr uint64_t frontend_max  = 1 << 16; // sample rates, Fourier transforms and mel bands
    constexpr uint64_t dimension_max = 1 << 20;
    if (ends_with(key, "_layers") || ends_with(key, "_blocks")) {
        return layers_max;
    }
    return key.rfind("stt.frontend.", 0) == 0 && !ends_with(key, "_samples") ? frontend_max : dimension_max;
}

// Returns whether the value with this index is a number that the loader may use as a dimension and that is too large.
inline bool is_too_large(const gguf_context * gguf, int64_t at) {
    const std::string key   = gguf_get_key(gguf, at);
    const uint64_t    limit = largest_value(key);
    if (key.rfind("stt.", 0) != 0) {
        return false;
    }
    switch (gguf_get_kv_type(gguf, at)) {
        case GGUF_TYPE_UINT32: return gguf_get_val_u32(gguf, at) > limit;
        case GGUF_TYPE_UINT64: return gguf_get_val_u64(gguf, at) > limit;
        case GGUF_TYPE_INT32:  return gguf_get_val_i32(gguf, at) > static_cast<int64_t>(limit);
        case GGUF_TYPE_INT64:  return gguf_get_val_i64(gguf, at) > static_cast<int64_t>(limit);
        default:               return false;
    }
}

inline void check_values(const gguf_context * gguf) {
    for (int64_t at = 0; at < gguf_get_n_kv(gguf); ++at) {
        if (is_too_large(gguf, at)) {
            reject_file(std::string("the value of ") + gguf_get_key(gguf, at) + " is impossible");
        }
    }
}

// Checks that the file is not truncated: it must contain all bytes up to the end of its last tensor. The last tensor of
// the list is also the last tensor in the file.
inline void check_tensor_ends(const gguf_context * gguf, int64_t file_bytes) {
    const int64_t n = gguf_get_n_tensors(gguf);
    if (n == 0) {
        reject_file("it has no weights");
    }
    const uint64_t end = static_cast<uint64_t>(gguf_get_data_offset(gguf)) + gguf_get_tensor_offset(gguf, n - 1) +
                         gguf_get_tensor_size(gguf, n - 1);
    if (end > static_cast<uint64_t>(file_bytes)) {
        reject_file("the file is cut short: its weights end at byte " + std::to_string(end) + ", the file has " +
                    std::to_string(file_bytes) + " bytes");
    }
}

// Returns a number of the model; 0 if the file does not contain it.
inline uint32_t number_in(const gguf_context * gguf, const char * key) {
    const int64_t at = gguf_find_key(gguf, key);
    return at >= 0 && gguf_get_kv_type(gguf, at) == GGUF_TYPE_UINT32 ? gguf_get_val_u32(gguf, at) : 0;
}

// Returns the length of a frame of the encoder in seconds. Token times are multiples of it.
inline float frame_seconds(const gguf_context * gguf) {
    constexpr float other_kinds_s = 0.04f; // GigaAM and MedASR
    const uint32_t  factor        = number_in(gguf, "stt.parakeet.encoder.subsampling_factor");
    const uint32_t  hop           = number_in(gguf, "stt.frontend.hop_length");
    const uint32_t  rate          = number_in(gguf, "stt.frontend.sample_rate");
    return factor == 0 || hop == 0 || rate == 0 ? other_kinds_s : static_cast<float>(factor * hop) / static_cast<float>(rate);
}

// Checks a GGUF file, and returns the length of a frame of its encoder in seconds.
inline float check_gguf_file(const char * path, int64_t file_bytes) {
    gguf_init_params params = {};
    params.no_alloc         = true;
    const gguf_handle gguf(gguf_init_from_file(path, params));
    if (gguf == nullptr) {
        reject_file("its header is damaged or cut short (" + engine_log() + ")");
    }
    check_values(gguf.get());
    check_tensor_ends(gguf.get(), file_bytes);
    return frame_seconds(gguf.get());
}

// Checks a GGUF file, or a ggml file of a Whisper model. Returns the length of a frame of the encoder in seconds; 0 if it
// is unknown.
inline float check_file(const asr_model_options & options) {
    model_bytes source(options);
    uint32_t    magic = 0;
    source.read_all(&magic, sizeof(magic));
    source.rewind();
    if (std::memcmp(&magic, GGUF_MAGIC, sizeof(magic)) == 0) {
        return check_gguf_file(options.path, source.size());
    }
    if (magic != GGML_FILE_MAGIC) {
        reject_file("expected a GGUF file, found another kind of file");
    }
    check_ggml_file(source);
    return 0.0f;
}

} // namespace asr
