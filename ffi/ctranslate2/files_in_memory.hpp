// files_in_memory.hpp: lets CTranslate2 read the files of a model from memory. CTranslate2's own ModelMemoryReader copies the
// bytes of each file twice.
#pragma once

namespace asr {

// A stream that reads bytes in memory. The caller owns the bytes.
class memory_stream : public std::istream {
  public:
    memory_stream(const void * data, size_t size) : std::istream(nullptr), bytes_(data, size) { rdbuf(&bytes_); }

  private:
    struct buffer : std::streambuf {
        buffer(const void * data, size_t size) {
            char * begin = static_cast<char *>(const_cast<void *>(data)); // safe, because the stream never writes
            setg(begin, begin, begin + size);
        }

        // Seeking is necessary, because CTranslate2 compares the size of each variable with the rest of the file.
        pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode /*which*/) override {
            const char * base = from == std::ios_base::beg ? eback() : from == std::ios_base::cur ? gptr() : egptr();
            return seekpos(pos_type(base - eback() + offset), std::ios_base::in);
        }

        pos_type seekpos(pos_type position, std::ios_base::openmode /*which*/) override {
            const off_type target = position;
            if (target < 0 || target > egptr() - eback()) {
                return pos_type(off_type(-1));
            }
            setg(eback(), eback() + target, egptr());
            return position;
        }
    };
    buffer bytes_;
};

class files_in_memory : public ctranslate2::models::ModelReader {
  public:
    files_in_memory(const asr_model_file * files, int64_t n) : files_(files, files + n) {
        for (const asr_model_file & file : files_) {
            require(file.name != nullptr && file.data != nullptr && file.size >= 0, "Expected a name and the bytes of each file");
        }
    }

    std::string get_model_id() const override { return "the model in memory"; }

    std::unique_ptr<std::istream> get_file(const std::string & name, const bool /*binary*/) override {
        for (const asr_model_file & file : files_) {
            if (name == file.name) {
                return std::make_unique<memory_stream>(file.data, static_cast<size_t>(file.size));
            }
        }
        return nullptr;
    }

  private:
    std::vector<asr_model_file> files_;
};

} // namespace asr
