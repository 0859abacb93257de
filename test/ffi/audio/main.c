/*
 * main.c: tests the three headers of the audio library from C, under the sanitizers: invalid arguments, calls in
 * different orders, buffers of the exact size, threads, and leaks.
 *
 * Usage: audio_test RECORDINGS SCRATCH. RECORDINGS is a folder to read, SCRATCH is a folder to write.
 */
#define _DEFAULT_SOURCE

#include "check.h"

#include <pthread.h>
#include <string.h>

const char * recordings;
const char * scratch;

/* Uses a decoder that another thread has opened. Each thread must have a last error of its own. */
static void * finish_elsewhere(void * decoder) {
    CHECK(asr_audio_last_error()[0] == '\0');
    REFUSED(asr_audio_decoder_read(NULL, NULL, 1), ASR_AUDIO_BAD_ARGUMENT);
    int64_t total   = 0;
    float * samples = read_all(decoder, 1000, &total);
    find_speech_in_blocks_of_any_size(samples, total);
    compute_mel(samples);
    free(samples);
    asr_audio_decoder_close(decoder);
    return NULL;
}

static void use_threads(void) {
    pthread_t           threads[3];
    asr_audio_decoder * decoder = NULL;
    const asr_audio_options options = { .sample_rate = 16000 };
    REFUSED(asr_audio_decoder_open("/nowhere/at/all", &options, &decoder), ASR_AUDIO_IO);
    char * const before = strdup(asr_audio_last_error());
    for (int i = 0; i < 3; ++i) {
        CHECK(pthread_create(&threads[i], NULL, finish_elsewhere, opened("jfk.flac")) == 0);
    }
    for (int i = 0; i < 3; ++i) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    CHECK(strcmp(asr_audio_last_error(), before) == 0);
    free(before);
}

int main(int argc, char ** argv) {
    CHECK(argc == 3 && asr_audio_abi_version() == ASR_AUDIO_ABI_VERSION);
    recordings  = argv[1];
    scratch = argv[2];
    test_decoder();
    refuse_vad();
    refuse_mel();
    use_threads();
    test_cancel();
    puts("ok");
    return 0;
}
