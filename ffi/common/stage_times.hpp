// stage_times.hpp: measures how long the stages of a lane's call take (asr_times in asr.h). All engines use this file.
#pragma once

#include "asr.h"

#include <chrono>

namespace asr {

class stopwatch {
  public:
    float seconds() const { return std::chrono::duration<float>(std::chrono::steady_clock::now() - start_).count(); }

  private:
    const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Adds the duration of its scope to a stage.
class stage_timer {
  public:
    explicit stage_timer(float & stage_s) : stage_s_(stage_s) {}
    stage_timer(const stage_timer &) = delete;
    stage_timer & operator=(const stage_timer &) = delete;
    ~stage_timer() { stage_s_ += watch_.seconds(); }

  private:
    float &         stage_s_;
    const stopwatch watch_;
};

// Adds the duration of its scope to the decoder, without the time that other stages take in the scope.
class decoder_timer {
  public:
    explicit decoder_timer(asr_times & times) : times_(times), others_before_(others()) {}
    decoder_timer(const decoder_timer &) = delete;
    decoder_timer & operator=(const decoder_timer &) = delete;
    ~decoder_timer() { times_.decoder_s += watch_.seconds() - (others() - others_before_); }

  private:
    float others() const { return times_.features_s + times_.encoder_s; }

    asr_times &     times_;
    const float     others_before_;
    const stopwatch watch_;
};

} // namespace asr
