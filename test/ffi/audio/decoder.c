/* decoder.c: tests asr_audio.h: invalid arguments, calls in different orders, damaged files, and a cancel. */
#define _DEFAULT_SOURCE

#include "check.h"

#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static int32_t open_file(const char * path, asr_audio_options options, asr_audio_decoder ** out) {
    /* The test frees these buffers after the call. So the test fails if the decoder still reads them instead of a
     * copy. */
    guarded       path_copy    = guard(path, strlen(path) + 1);
    guarded       options_copy = guard(&options, sizeof(options));
    guarded       out_copy     = guard(NULL, sizeof(*out));
    const int32_t status       = asr_audio_decoder_open(path_copy.start, options_copy.start, out_copy.start);
    memcpy(out, out_copy.start, sizeof(*out));
    CHECK((status == ASR_AUDIO_OK) == (*out != NULL));
    release(path_copy);
    release(options_copy);
    release(out_copy);
    return status;
}

static int32_t open_recording(const char * name, asr_audio_options options, asr_audio_decoder ** out) {
    char path[4096];
    snprintf(path, sizeof(path), "%s/%s", recordings, name);
    return open_file(path, options, out);
}

asr_audio_decoder * opened(const char * name) {
    asr_audio_decoder * decoder = NULL;
    CHECK(open_recording(name, (asr_audio_options){ .sample_rate = 16000 }, &decoder) == ASR_AUDIO_OK);
    return decoder;
}

/* Reads until the result is not ASR_AUDIO_NOTHING_YET. */
static int64_t read_some(asr_audio_decoder * decoder, float * samples, int64_t capacity) {
    int64_t count = ASR_AUDIO_NOTHING_YET;
    while (count == ASR_AUDIO_NOTHING_YET) count = asr_audio_decoder_read(decoder, samples, capacity);
    return count;
}

static int64_t read_block(asr_audio_decoder * decoder, int64_t capacity) {
    guarded       buffer = guard(NULL, (size_t) capacity * sizeof(float));
    const int64_t count  = read_some(decoder, buffer.start, capacity);
    CHECK(count <= capacity);
    release(buffer);
    return count;
}

float * read_all(asr_audio_decoder * decoder, int64_t block, int64_t * total) {
    guarded buffer  = guard(NULL, (size_t) block * sizeof(float));
    float * samples = NULL;
    int64_t count   = block;
    *total          = 0;
    while (count == block) {
        count = read_some(decoder, buffer.start, block);
        CHECK(count >= 0 && count <= block);
        samples = realloc(samples, (size_t) (*total + block) * sizeof(float));
        memcpy(samples + *total, buffer.start, (size_t) count * sizeof(float));
        *total += count;
    }
    CHECK(read_some(decoder, buffer.start, block) == 0);
    release(buffer);
    return samples;
}

static void refuse_to_open(void) {
    asr_audio_decoder *     decoder = NULL;
    const asr_audio_options good    = { .sample_rate = 16000 };
    REFUSED(asr_audio_decoder_open(NULL, &good, &decoder), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_audio_decoder_open("x", NULL, &decoder), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_audio_decoder_open("x", &good, NULL), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(open_file("\xff\xfe", good, &decoder), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(open_file("", good, &decoder), ASR_AUDIO_IO);
    REFUSED(open_file("/nowhere/at/all", good, &decoder), ASR_AUDIO_IO);
    REFUSED(open_file(recordings, good, &decoder), ASR_AUDIO_IO);
    REFUSED(open_recording("manifest.json", good, &decoder), ASR_AUDIO_UNSUPPORTED);

    const int32_t     set       = 1;
    asr_audio_options options[] = { good, good, good, good, good, good, good, good, good };
    options[0].sample_rate      = 0;
    options[1].sample_rate      = UINT32_MAX;
    options[2].max_channels     = 33;
    options[3].max_duration_s   = NAN;
    options[4].max_duration_s   = -1;
    options[5].max_duration_s   = INFINITY;
    options[6].channel          = 33;
    options[7].min_rate         = 16001;
    options[7].max_rate         = 16000;
    options[8].cancel           = (const volatile int32_t *) (const void *) ((const char *) &set + 1);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); ++i) {
        REFUSED(open_recording("jfk.flac", options[i], &decoder), ASR_AUDIO_BAD_ARGUMENT);
    }
    asr_audio_options cancelled = good;
    cancelled.cancel            = &set;
    REFUSED(open_recording("jfk.flac", cancelled, &decoder), ASR_AUDIO_CANCELLED);
}

static void refuse_to_read(void) {
    float               samples[2];
    asr_audio_info      info;
    asr_audio_decoder * decoder = opened("jfk.flac");
    REFUSED(asr_audio_decoder_get_info(NULL, &info), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_audio_decoder_get_info(decoder, NULL), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_audio_decoder_read(NULL, samples, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_audio_decoder_read(decoder, NULL, 1), ASR_AUDIO_BAD_ARGUMENT);
    float * const misaligned = (float *) (void *) ((char *) samples + 1);
    REFUSED(asr_audio_decoder_read(decoder, misaligned, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_audio_decoder_read(decoder, samples, 0), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_audio_decoder_read(decoder, samples, -1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_audio_decoder_read(decoder, samples, INT64_MIN), ASR_AUDIO_BAD_ARGUMENT);
    /* A rejected call must leave the decoder unchanged. */
    CHECK(read_block(decoder, 1) == 1);
    asr_audio_decoder_close(decoder);
    asr_audio_decoder_close(NULL);
}

static void read_in_blocks_of_any_size(void) {
    asr_audio_decoder * decoder = opened("jfk.flac");
    guarded             info    = guard(NULL, sizeof(asr_audio_info));
    CHECK(asr_audio_decoder_get_info(decoder, info.start) == ASR_AUDIO_OK);
    CHECK(strcmp(((asr_audio_info *) info.start)->container, "flac") == 0);
    release(info);
    int64_t total = 0;
    float * whole = read_all(decoder, 1 << 20, &total);
    CHECK(total == 11 * 16000);
    asr_audio_decoder_close(decoder);

    const int64_t blocks[] = { 13, 4095, total };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); ++i) {
        int64_t count = 0;
        decoder       = opened("jfk.flac");
        float * parts = read_all(decoder, blocks[i], &count);
        asr_audio_decoder_close(decoder);
        CHECK(count == total && memcmp(parts, whole, (size_t) total * sizeof(float)) == 0);
        free(parts);
    }
    free(whole);
}

/* Uses several decoders at the same time. They are read in turn and closed in another order. Some are closed before
 * the end of their file. One is closed before its first sample is read. */
static void use_several_at_once(void) {
    const char * const  names[] = { "formats/aac.m4a", "formats/opus.ogg", "formats/mp3.mp3", "formats/vorbis.webm" };
    asr_audio_decoder * decoders[4];
    for (int i = 0; i < 4; ++i) {
        decoders[i] = opened(names[i]);
    }
    for (int turn = 0; turn < 4; ++turn) {
        for (int i = 0; i < 3; ++i) {
            CHECK(read_block(decoders[i], 1000 + 7 * i) == 1000 + 7 * i);
        }
    }
    asr_audio_decoder_close(decoders[1]);
    asr_audio_decoder_close(decoders[3]);
    CHECK(read_block(decoders[2], 100) == 100);
    asr_audio_decoder_close(decoders[0]);
    asr_audio_decoder_close(decoders[2]);
}

static void fail_for_good(void) {
    asr_audio_decoder * decoder = NULL;
    asr_audio_options   options = { .sample_rate = 24000, .max_duration_s = 1 };
    CHECK(open_recording("jfk.flac", options, &decoder) == ASR_AUDIO_OK);
    int64_t count = 0;
    do {
        count = read_block(decoder, 4096);
    } while (count > 0);
    CHECK(count == ASR_AUDIO_TOO_LONG && read_block(decoder, 1) == ASR_AUDIO_TOO_LONG);
    asr_audio_decoder_close(decoder);
}

/* Flips the bits of one byte in each file. In some rounds, also truncates the file at this byte. Any result is
 * allowed except an internal error or a leak. */
static void survive_damage(void) {
    static const char * const names[] = { "aac.m4a", "flac.ogg", "mp3.mp3", "opus.webm", "alac.caf", "wav-u8.wav" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/formats/%s", recordings, names[i]);
        FILE * file = fopen(path, "rb");
        CHECK(file != NULL);
        static unsigned char bytes[1 << 17];
        const size_t         size = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        for (size_t round = 0; round < 24; ++round) {
            const size_t  at   = (round * 2654435761u) % (round % 2 ? size : 600);
            unsigned char kept = bytes[at];
            bytes[at]          = (unsigned char) ~kept;
            snprintf(path, sizeof(path), "%s/damaged", scratch);
            file = fopen(path, "wb");
            const size_t length = round < 4 ? at : size;
            CHECK(file != NULL && fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
            bytes[at] = kept;

            asr_audio_decoder *     decoder = NULL;
            const asr_audio_options options = { .sample_rate = 16000, .max_duration_s = 60, .max_wall_ms = 60000 };
            int64_t                 status  = open_file(path, options, &decoder);
            while (status == ASR_AUDIO_OK && (status = read_block(decoder, 4096)) > 0) {
                status = ASR_AUDIO_OK;
                if (round % 5 == 4) {
                    break; /* the decoder is then closed in the middle of the file */
                }
            }
            CHECK(status != ASR_AUDIO_INTERNAL && status != ASR_AUDIO_BAD_ARGUMENT);
            asr_audio_decoder_close(decoder);
        }
    }
}

void test_decoder(void) {
    refuse_to_open();
    refuse_to_read();
    read_in_blocks_of_any_size();
    use_several_at_once();
    fail_for_good();
    survive_damage();
}

static void * set_word(void * word) {
    const struct timespec wait = { 0, 20 * 1000 * 1000 };
    nanosleep(&wait, NULL);
    __atomic_store_n((int32_t *) word, 1, __ATOMIC_RELAXED);
    return NULL;
}

void test_cancel(void) {
    pthread_t           thread;
    asr_audio_decoder * decoder = NULL;
    int32_t * const     word    = calloc(1, sizeof(int32_t));
    asr_audio_options   options = { .sample_rate = 16000, .cancel = word };
    CHECK(open_recording("jfk.flac", options, &decoder) == ASR_AUDIO_OK);
    CHECK(pthread_create(&thread, NULL, set_word, word) == 0);
    int64_t status = ASR_AUDIO_OK;
    while (status >= 0) {
        status = read_block(decoder, 1);
        if (status == 0) { /* the file ended before the cancel, so try again */
            asr_audio_decoder_close(decoder);
            status = open_recording("jfk.flac", options, &decoder);
        }
    }
    CHECK(status == ASR_AUDIO_CANCELLED);
    CHECK(pthread_join(thread, NULL) == 0);
    asr_audio_decoder_close(decoder);
    free(word);
}
