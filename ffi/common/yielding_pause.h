/*
 * yielding_pause.h: makes ggml's threads yield their CPU core while they wait. CMakeLists.txt includes this file before
 * the sources of ggml's CPU backend.
 *
 * ggml computes a graph with several threads. After every operator, each thread waits for the other threads in a busy
 * loop. If another program uses the core of one thread, the other threads wait until the system runs that thread again.
 * In a test on two cores, another program used one core. ggml with two threads then took 2.6 times as long as with one
 * thread. With this file, a thread yields its core after it has waited for a few microseconds.
 */
#ifndef YIELDING_PAUSE_H
#define YIELDING_PAUSE_H

#if defined(__x86_64__) && !defined(_WIN32)

#include <immintrin.h>
#include <sched.h>

/* Number of pauses before a thread yields. They take a few microseconds. */
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
