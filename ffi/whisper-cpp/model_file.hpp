// model_file.hpp: provides the bytes of a model to whisper.cpp's loader, which does not check how many bytes a read returned.
#pragma once

namespace asr {

class model_source : public model_bytes {
  public:
    using model_bytes::model_bytes;

    // Throws an exception if the model is truncated.
    size_t read(void * to, size_t n) {
        const size_t got = read_some(to, n);
        if (got < n) {
            // At the end of a complete file, whisper.cpp tries to read three more integers before it detects the end.
            // More reads, or other reads, mean that the file is truncated.
            constexpr int32_t reads_past_end_max = 3;
            is_cut_short_ = is_cut_short_ || got > 0 || n != sizeof(int32_t) || reads_past_end_ == reads_past_end_max;
            if (is_cut_short_) {
                throw failure(ASR_STATUS_BAD_MODEL, cut_short);
            }
            std::memset(to, 0, n);
            ++reads_past_end_;
        }
        return got;
    }

    bool eof() const { return reads_past_end_ > 0; }

    // Returns whether the model was truncated. read() also throws an exception in this case, but whisper.cpp catches
    // it.
    bool is_cut_short() const { return is_cut_short_; }

    whisper_model_loader loader() {
        whisper_model_loader loader = {};
        loader.context              = this;
        loader.read  = [](void * self, void * to, size_t n) { return static_cast<model_source *>(self)->read(to, n); };
        loader.eof   = [](void * self) { return static_cast<model_source *>(self)->eof(); };
        loader.close = [](void *) {};
        return loader;
    }

  private:
    int32_t reads_past_end_ = 0;
    bool    is_cut_short_   = false;
};

} // namespace asr
