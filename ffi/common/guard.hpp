// guard.hpp: converts C++ exceptions to the statuses of the C interface, and stores their messages for asr_last_error().
#pragma once

#include "asr.h"

#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace asr {

// An exception that contains the status that the exported function returns.
struct failure : std::runtime_error {
    asr_status status;

    failure(asr_status status, const std::string & message) : std::runtime_error(message), status(status) {}
};

inline std::string & last_error() {
    thread_local std::string message;
    return message;
}

inline asr_status fail(asr_status status, const char * message) noexcept {
    try {
        last_error() = message;
    } catch (...) {
        last_error().clear(); // there is not enough memory to store the message
    }
    return status;
}

// Runs the body of an exported function and converts any exception to a status.
template <typename Body> asr_status guarded(Body && body) noexcept {
    try {
        last_error().clear();
        return std::forward<Body>(body)();
    } catch (const failure & e) {
        return fail(e.status, e.what());
    } catch (const std::bad_alloc &) {
        return fail(ASR_STATUS_OUT_OF_MEMORY, "Cannot allocate memory");
    } catch (const std::exception & e) {
        return fail(ASR_STATUS_INTERNAL, e.what());
    } catch (...) {
        return fail(ASR_STATUS_INTERNAL, "Unknown exception in the engine");
    }
}

inline void require(bool condition, const char * message) {
    if (!condition) {
        throw failure(ASR_STATUS_BAD_ARGUMENT, message);
    }
}

// Rejects every compute type. An engine that always computes in the format of the model file calls this function.
inline void reject_compute_type(const asr_model_options & options) {
    if (options.compute_type != nullptr) {
        throw failure(ASR_STATUS_UNSUPPORTED, std::string("Cannot compute in ") + options.compute_type +
                                                  ": this engine always computes in the format of the model's file");
    }
}

} // namespace asr
