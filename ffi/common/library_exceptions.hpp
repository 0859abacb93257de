// library_exceptions.hpp: converts the exceptions of an engine's library to failures.
#pragma once

#include "guard.hpp"

namespace asr {

// Runs `work`, which calls the library. Some messages of the library mean that an allocation failed: those that contain
// "out of memory" or `no_memory`. They become std::bad_alloc. Other exceptions of the library become a failure with this
// status and the message "Cannot ACTION: " followed by the message of the library and `advice`.
template <typename Work>
auto convert_exceptions(asr_status status, const std::string & action, const char * no_memory, const char * advice, Work && work) {
    try {
        return work();
    } catch (const failure &) {
        throw;
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const std::exception & e) {
        const std::string message = e.what();
        if (message.find(no_memory) != std::string::npos || message.find("out of memory") != std::string::npos) {
            throw std::bad_alloc();
        }
        throw failure(status, "Cannot " + action + ": " + message + advice);
    }
}

} // namespace asr
