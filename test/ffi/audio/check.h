/* check.h: declares the checks and the guarded buffers for all files of this program. A guarded buffer ends directly
 * before a memory page without access. */
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

/* Checks that the call returns this status and sets an error message. */
#define REFUSED(call, status) CHECK((call) == (status) && asr_audio_last_error()[0] != '\0')

/* A buffer that ends directly before a memory page without access, so a read or write beyond the end of the buffer
 * ends the program. The sanitizers cannot detect this, because the library is not compiled with them. */
typedef struct guarded {
    void * start;
    void * pages;
    size_t size;
} guarded;

/* Creates a buffer of `size` bytes. Copies `content` to the buffer unless it is NULL. */
guarded guard(const void * content, size_t size);
void    release(guarded buffer);

/* decoder.c */
asr_audio_decoder * opened(const char * name);
/* Reads all remaining samples in blocks of `block` samples. The caller must free the result. */
float * read_all(asr_audio_decoder * decoder, int64_t block, int64_t * total);
void    test_decoder(void);
void    test_cancel(void);

/* voice_activity.c */
void refuse_vad(void);
void find_speech_in_blocks_of_any_size(const float * samples, int64_t total);

/* features.c */
void refuse_mel(void);
void compute_mel(const float * samples);

/* Folder with the recordings of the repository, and folder for files that the test writes. */
extern const char * recordings;
extern const char * scratch;

#endif /* CHECK_H */
