/*
 * yielding_pause.h: included before ggml's CPU backend (see CMakeLists.txt).
 *
 * The threads of one graph wait for each other by spinning, at every operator. When another program takes the core of one of
 * them, the others spin until the system runs that thread again: on two cores with a third busy thread, two threads took
 * 2.6 times as long as one. With this header a thread that spins for longer than a few microseconds yields its core.
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
