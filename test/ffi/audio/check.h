/* check.h: shared by the tests of the audio library: checks, and buffers that end at a page without access. */
#ifndef CHECK_H
#define CHECK_H

#include "asr_audio.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                                      \
    do {                                                                                                      \
        if (!(condition)) {                                                                                   \
            fprintf(stderr, "%s:%d: %s (%s)\n", __FILE__, __LINE__, #condition, asr_audio_last_error());      \
            exit(1);                                                                                          \
        }                                                                                                     \
    } while (0)

/* The call fails with this status and an error message. */
#define REFUSED(call, status) CHECK((call) == (status) && asr_audio_last_error()[0] != '\0')

/* Memory that ends directly before a page without access. The library is not compiled with the sanitizers, so this
 * page detects reads and writes beyond the end of a buffer. */
typedef struct guarded {
    void * start;
    void * pages;
    size_t size;
} guarded;

/* Makes a buffer of `size` bytes, copied from `content` unless that is NULL. */
guarded guard(const void * content, size_t size);
void    release(guarded buffer);

/* decoder.c */
asr_audio_decoder * opened(const char * name);
/* Reads all remaining samples in blocks of `block`; the caller frees them. */
float * read_all(asr_audio_decoder * decoder, int64_t block, int64_t * total);
void    test_decoder(void);
void    test_cancel(void);

/* voice_activity.c */
void refuse_vad(void);
void find_speech_in_blocks_of_any_size(const float * samples, int64_t total);

/* features.c */
void refuse_mel(void);
void compute_mel(const float * samples);

/* The folder with the repository's recordings, and a folder for files of the test. */
extern const char * recordings;
extern const char * scratch;

#endif /* CHECK_H */
