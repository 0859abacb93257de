/*
 * yielding_pause.h: included before ggml's CPU backend (see CMakeLists.txt).
 *
 * Threads of one graph wait for each other by spinning. When something else runs on the core of one of them, the others spin
 * for as long as the system leaves it waiting, at every operator: on two cores with a third busy thread, two threads took
 * 2.6 times as long as one. Here a spin that lasts gives its core away.
 */
#ifndef YIELDING_PAUSE_H
#define YIELDING_PAUSE_H

#if defined(__x86_64__) && !defined(_WIN32)

#include <immintrin.h>
#include <sched.h>

/* A few microseconds of spinning. */
#define YIELDING_PAUSE_SPINS 256

static inline void yielding_pause(void) {
    static __thread unsigned spins;
    _mm_pause();
    if (++spins % YIELDING_PAUSE_SPINS == 0) {
        sched_yield();
    }
}

#define _mm_pause yielding_pause

#endif

#endif
