// model.hpp: the interface between the functions of asr.h (mlx.cpp) and each kind of model. A kind of model derives from these
// classes in its own folder, and implements the calls of its groups. Every other call is UNSUPPORTED.
#pragma once

struct asr_model {
    std::vector<std::string> languages; // the codes of the languages
    std::vector<std::string> tokens;    // bytes of the text tokens

    asr_model()                              = default;
    asr_model(const asr_model &)             = delete;
    asr_model & operator=(const asr_model &) = delete;
    virtual ~asr_model()                     = default;

    virtual asr_model_info info() const = 0;

    virtual std::unique_ptr<asr_lane> open_lane() = 0;
};

struct asr_stream {
    asr_lane * lane;
    bool       is_open = true; // false after the end of the recording, a cancel or a failure

    explicit asr_stream(asr_lane * of) : lane(of) {}
    asr_stream(const asr_stream &)             = delete;
    asr_stream & operator=(const asr_stream &) = delete;
    virtual ~asr_stream()                      = default;
};

struct asr_lane {
    std::vector<asr::chunk_result> results;
    asr_times                      times = {};

    asr_lane()                             = default;
    asr_lane(const asr_lane &)             = delete;
    asr_lane & operator=(const asr_lane &) = delete;
    virtual ~asr_lane()                    = default;

    virtual asr_status detect_language(const asr_chunk *, int32_t) { reject("detect the language", "prompted"); }

    virtual asr_status decode(const asr_chunk *, int32_t) { reject("decode", "prompted"); }

    virtual asr_status align(const asr_chunk *, int32_t) { reject("align", "prompted"); }

    virtual asr_status recognize(const asr_chunk *, int32_t) { reject("recognize", "recognize"); }

    virtual std::unique_ptr<asr_stream> open_stream(const asr_stream_options &) { reject("open a stream", "stream"); }

    virtual asr_status feed(const asr_stream_input *, int32_t) { reject("feed streams", "stream"); }

  private:
    [[noreturn]] static void reject(const std::string & action, const std::string & group) {
        throw asr::failure(ASR_STATUS_UNSUPPORTED,
                           "Cannot " + action + ": this model does not support the call group " + group);
    }
};

namespace asr {

// These three functions are the parts that exports.hpp needs.

inline asr_model_info describe_model(const asr_model & model) {
    return model.info();
}

inline const std::string & token_bytes(const asr_model & model, int32_t id) {
    return model.tokens[static_cast<size_t>(id)];
}

inline std::unique_ptr<asr_lane> open_lane(asr_model & model) {
    return model.open_lane();
}

// Runs `work`, which calls MLX, and converts its exceptions to failures.
template <typename Work>
auto call_engine(const char * action, Work && work) {
    return convert_exceptions(ASR_STATUS_INTERNAL, action, "allocate", "", std::forward<Work>(work));
}

// Throws the exception of a chunk or of an input that failed in a batch of the engine. Does nothing if it did not fail.
inline void throw_error(const char * action, const std::exception_ptr & error) {
    if (error) {
        call_engine(action, [&] { std::rethrow_exception(error); });
    }
}

} // namespace asr
