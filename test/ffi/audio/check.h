/* check.h: what the tests of the audio library share: checks, and buffers that end at a page nobody may touch. */
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

/* The call is refused with a status, and a reason is given. */
#define REFUSED(call, status) CHECK((call) == (status) && asr_audio_last_error()[0] != '\0')

/* Memory whose last byte lies before a page without access: the library is not compiled for the sanitizers, so this is
 * what stops it from reading or writing beyond. */
typedef struct guarded {
    void * start;
    void * pages;
    size_t size;
} guarded;

/* Of `size` bytes, copied from `content` unless that is NULL. */
guarded guard(const void * content, size_t size);
void    release(guarded buffer);

/* decoder.c */
asr_audio_decoder * opened(const char * name);
/* All samples that are left, read in blocks of `block`; the caller frees them. */
float * read_all(asr_audio_decoder * decoder, int64_t block, int64_t * total);
void    test_decoder(void);
void    test_cancel(void);

/* voice_activity.c */
void refuse_vad(void);
void find_speech_in_blocks_of_any_size(const float * samples, int64_t total);

/* features.c */
void refuse_mel(void);
void compute_mel(const float * samples);

/* Folders of the repository's recordings, and for files of the test's own. */
extern const char * recordings;
extern const char * scratch;

#endif /* CHECK_H */
