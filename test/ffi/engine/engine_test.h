/* engine_test.h: declares the variables and functions that all files of this program use. */
#ifndef ENGINE_TEST_H
#define ENGINE_TEST_H

#include "asr.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                                      \
    do {                                                                                                      \
        if (!(condition)) {                                                                                   \
            fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, asr_last_error());            \
            exit(1);                                                                                          \
        }                                                                                                     \
    } while (0)

/* Input of the model: samples, or frames of features. */
extern float * speech;
extern int64_t n_speech;

/* A function that a thread calls with a lane of its own. Two threads call it at the same time. */
typedef void * (*thread_work)(void * lane);

/* Each of the following functions tests one group of calls on `lane`, the first of two lanes. It returns a function
 * that two threads then call at the same time, each with its own lane. */
thread_work use_prompted(const asr_model * model, asr_lane * lane);
thread_work use_recognize(asr_lane * lane);
thread_work use_stream(asr_lane * lane, asr_lane * other);

#endif /* ENGINE_TEST_H */
