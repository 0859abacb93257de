// model_file.hpp: checks the files of a model's folder, before CTranslate2 reads them. The files are untrusted.
#pragma once

namespace asr {

// Reads the values in model.bin one after the other. Throws an exception if the file ends before the end of a value.
class weights_reader {
  public:
    explicit weights_reader(const std::filesystem::path & path) : file_(path, std::ios::binary), size_(static_cast<int64_t>(std::filesystem::file_size(path))) {}

    template <typename Number> Number number() {
        Number value = 0;
        require(sizeof(value));
        file_.read(reinterpret_cast<char *>(&value), sizeof(value));
        at_ += static_cast<int64_t>(sizeof(value));
        return value;
    }

    // Reads a text: its length in two bytes, then its bytes with a final zero.
    std::string text() {
        std::string value(number<uint16_t>(), 0);
        require(static_cast<int64_t>(value.size()));
        file_.read(&value[0], static_cast<std::streamsize>(value.size()));
        at_ += static_cast<int64_t>(value.size());
        if (value.empty() || value.back() != 0) {
            reject("its list of weights is invalid");
        }
        value.pop_back();
        return value;
    }

    void skip(int64_t n) {
        require(n);
        at_ += n;
        file_.seekg(at_);
    }

    int64_t rest() const { return size_ - at_; }

    [[noreturn]] static void reject(const std::string & problem) {
        throw failure(ASR_STATUS_BAD_MODEL, "Cannot read model.bin: " + problem + download_again);
    }

  private:
    void require(int64_t n) const {
        if (n > rest()) {
            reject("it is incomplete: a payload of " + std::to_string(n) + " bytes ends after the file");
        }
    }

    std::ifstream file_;
    int64_t       size_;
    int64_t       at_ = 0;
};

// Number of bytes of a value of each type, in the order of ctranslate2::DataType.
constexpr int64_t bytes_of_type[] = { 4, 1, 2, 4, 2, 2 };

// Checks that the dimensions of a variable match its number of bytes. This is necessary because CTranslate2 allocates
// memory for the dimensions, then reads the number of bytes that the file declares, and does not compare the two sizes.
inline void check_variable(weights_reader & reader, uint32_t version) {
    constexpr int32_t rank_max = 4;
    const std::string name     = reader.text();
    const int32_t     rank     = reader.number<uint8_t>();
    if (rank > rank_max) {
        weights_reader::reject("the dimensions of " + name.substr(0, 100) + " are invalid");
    }
    int64_t n_values = 1;
    for (int32_t i = 0; i < rank; ++i) {
        const int64_t n = reader.number<uint32_t>();
        // Divides in place of a multiplication, whose product could be too large for an integer.
        if (n > 0 && n_values > reader.rest() / n) {
            weights_reader::reject("it is incomplete: the dimensions of " + name.substr(0, 100) + " are invalid, their payload ends after the file");
        }
        n_values *= n;
    }
    // Files of versions below 4 contain the width of a value instead of its type, and the number of values instead of the
    // number of bytes.
    const int64_t code  = reader.number<uint8_t>();
    const int64_t width = version < 4 ? code : code < static_cast<int64_t>(std::size(bytes_of_type)) ? bytes_of_type[code] : 0;
    const int64_t bytes = reader.number<uint32_t>() * (version < 4 ? width : 1);
    if (width == 0 || bytes != n_values * width) {
        weights_reader::reject("the number of bytes of " + name.substr(0, 100) + " is invalid");
    }
    reader.skip(bytes);
}

// Checks the lengths in model.bin. Does not check newer versions and other kinds of models, because CTranslate2 itself
// rejects them.
inline void check_weights(const std::filesystem::path & path) {
    constexpr uint32_t version_max     = 6;
    static_assert(ctranslate2::models::current_binary_version == version_max, "compare check_variable() with the new layout");
    constexpr uint32_t n_variables_max = 100000;
    weights_reader     reader(path);
    const auto         version = reader.number<uint32_t>();
    if (version < 2) {
        weights_reader::reject("its version is too old");
    }
    if (version > version_max) {
        return;
    }
    reader.text();
    reader.number<uint32_t>();
    const auto n_variables = reader.number<uint32_t>();
    if (n_variables > n_variables_max) {
        weights_reader::reject("its number of weights is invalid");
    }
    for (uint32_t i = 0; i < n_variables; ++i) {
        check_variable(reader, version);
    }
    const uint32_t n_aliases = version < 3 ? 0 : reader.number<uint32_t>();
    if (n_aliases > n_variables_max) {
        weights_reader::reject("its number of aliases is invalid");
    }
    for (uint32_t i = 0; i < n_aliases; ++i) {
        reader.text();
        reader.text();
    }
}

// --- the other files ---

struct size_limit {
    const char * name;
    uintmax_t    bytes_max;
};

// Maximum sizes of the files in bytes. src/models/formats/ctranslate2-whisper.ts has the same limits. Usual files are
// smaller: config.json has 2 kB, a vocabulary 1 MB and tokenizer.json 3 MB.
constexpr size_limit size_limits[] = {
    { "config.json", 1 << 20 },
    { "vocabulary.json", 4 << 20 },
    { "vocabulary.txt", 4 << 20 },
    { "tokenizer.json", 64 << 20 },
};

// Checks the sizes of the files. The limits are low, because a small JSON text can need much memory after parsing.
inline void check_sizes(const std::filesystem::path & folder) {
    std::error_code none;
    for (const size_limit & limit : size_limits) {
        const auto bytes = std::filesystem::file_size(folder / limit.name, none);
        if (!none && bytes > limit.bytes_max) {
            reject_model(std::string("its ") + limit.name + " has " + std::to_string(bytes) + " bytes, expected at most " + std::to_string(limit.bytes_max));
        }
    }
}

// Parses a JSON file. If the file is invalid, returns a value for which is_discarded() is true.
inline nlohmann::json read_json(const std::filesystem::path & path) {
    std::ifstream file(path, std::ios::binary);
    return nlohmann::json::parse(file, nullptr, /*allow_exceptions=*/false);
}

// Checks the files of a model. Reports errors for which CTranslate2 has an unclear message or no message.
inline void check_files(const std::filesystem::path & folder) {
    std::error_code none;
    if (!std::filesystem::is_directory(folder, none)) {
        throw failure(ASR_STATUS_BAD_MODEL, "Cannot open the model: expected a folder with model.bin, config.json and "
                                            "vocabulary.json or vocabulary.txt (a model converted for CTranslate2)");
    }
    const auto is_there = [&](const char * name) { return std::filesystem::is_regular_file(folder / name, none); };
    for (const char * name : { "model.bin", "config.json" }) {
        if (!is_there(name)) {
            reject_model(std::string("its folder has no ") + name);
        }
    }
    if (!is_there("vocabulary.json") && !is_there("vocabulary.txt")) {
        reject_model("its folder has no vocabulary.json and no vocabulary.txt");
    }
    check_sizes(folder);
    if (!read_json(folder / "config.json").is_object()) {
        reject_model("its config.json is damaged, or belongs to another kind of model");
    }
    if (is_there("vocabulary.json") && !read_json(folder / "vocabulary.json").is_array()) {
        reject_model("its vocabulary.json is damaged, or belongs to another kind of model");
    }
    check_weights(folder / "model.bin");
}

} // namespace asr
