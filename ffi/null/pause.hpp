// pause.hpp: simulates work by sleeping.
#pragma once

#include "guard.hpp"

#include <chrono>
#include <thread>

namespace asr {

// Sleeps for ms milliseconds. Throws CANCELLED as soon as another thread sets the cancel flag. The flag may be NULL.
inline void pause_ms(int64_t ms, const volatile int32_t * cancel) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
    while (std::chrono::steady_clock::now() < end) {
        if (cancel != nullptr && *cancel != 0) {
            throw failure(ASR_STATUS_CANCELLED, "Cancelled");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

[[noreturn]] inline void hang() {
    for (;;) {
        pause_ms(1000, nullptr);
    }
}

} // namespace asr
