// model_files.hpp: provides the files of a model, from a folder or from memory. The files are untrusted.
#pragma once

namespace asr {

// A file of a model. Bytes can be read in any order.
class model_file {
  public:
    model_file(std::string name, const asr_model_file & memory)
        : name_(std::move(name)), data_(static_cast<const char *>(memory.data)), size_(memory.size) {}

    model_file(std::string name, const std::filesystem::path & path)
        : name_(std::move(name)), size_(static_cast<int64_t>(std::filesystem::file_size(path))),
          stream_(std::make_unique<std::ifstream>(path, std::ios::binary)) {}

    const std::string & name() const { return name_; }

    int64_t size() const { return size_; }

    void read(int64_t offset, void * to, int64_t n) {
        if (offset < 0 || n < 0 || n > size_ - offset) {
            reject_model(name_ + " is cut short");
        }
        if (data_ != nullptr) {
            std::memcpy(to, data_ + offset, static_cast<size_t>(n));
            return;
        }
        stream_->seekg(offset);
        if (!stream_->read(static_cast<char *>(to), n)) {
            reject_model(name_ + " cannot be read");
        }
    }

    template <typename Number>
    Number number(int64_t offset) {
        Number value = 0;
        read(offset, &value, sizeof(value));
        return value;
    }

    std::string text(int64_t offset, int64_t n) {
        std::string bytes(static_cast<size_t>(std::clamp<int64_t>(n, 0, size_)), '\0');
        read(offset, bytes.data(), n);
        return bytes;
    }

  private:
    std::string                    name_;
    const char *                   data_ = nullptr;
    int64_t                        size_;
    std::unique_ptr<std::ifstream> stream_;
};

class model_files {
  public:
    explicit model_files(const asr_model_options & options) {
        if (options.path != nullptr) {
            folder_ = reinterpret_cast<const char8_t *>(options.path);
            std::error_code none;
            if (!std::filesystem::is_directory(folder_, none)) {
                throw failure(ASR_STATUS_BAD_MODEL,
                              "Cannot open the model: expected a folder with config.json and "
                              "weights.safetensors or weights.npz (a Whisper model converted for MLX)");
            }
            return;
        }
        files_.assign(options.files, options.files + options.n_files);
        for (const asr_model_file & file : files_) {
            require(file.name != nullptr && file.data != nullptr && file.size >= 0,
                    "Expected a name and the bytes of each file");
        }
    }

    // Returns the file with this name, or nothing if the model has no such file.
    std::optional<model_file> find(const std::string & name) const {
        for (const asr_model_file & file : files_) {
            if (name == file.name) {
                return model_file(name, file);
            }
        }
        std::error_code none;
        if (!folder_.empty() && std::filesystem::is_regular_file(folder_ / name, none)) {
            return model_file(name, folder_ / name);
        }
        return std::nullopt;
    }

  private:
    std::filesystem::path       folder_; // empty if the files are in memory
    std::vector<asr_model_file> files_;
};

} // namespace asr
