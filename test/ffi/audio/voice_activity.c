/* voice_activity.c: tests asr_vad.h: invalid arguments, and samples and regions in blocks of any size. */
#include "asr_vad.h"
#include "check.h"

#include <math.h>
#include <string.h>

static const asr_vad_options speech_options = { .threshold = 0.5f, .min_silence_ms = 100, .speech_pad_ms = 30 };
static const asr_vad_options levelled_options = {
    .threshold = 0.5f, .min_silence_ms = 100, .speech_pad_ms = 30, .gain_max_db = 60, .keep_probabilities = 1
};

static asr_vad * new_vad(const asr_vad_options * given) {
    guarded   options = guard(given, sizeof(*given));
    asr_vad * vad     = NULL;
    CHECK(asr_vad_open(options.start, &vad) == ASR_AUDIO_OK && vad != NULL);
    release(options);
    return vad;
}

static void push_guarded(asr_vad * vad, const float * samples, int64_t count) {
    guarded copy = guard(samples, (size_t) count * sizeof(float));
    CHECK(asr_vad_push(vad, copy.start, count) == ASR_AUDIO_OK);
    release(copy);
}

void refuse_vad(void) {
    float           samples[2] = { NAN, INFINITY };
    float           probability;
    asr_vad_region  region;
    asr_vad *       vad = NULL;
    asr_vad_options bad[5];
    for (int i = 0; i < 5; ++i) {
        bad[i] = speech_options;
    }
    bad[0].threshold     = 0;
    bad[1].threshold     = NAN;
    bad[2].threshold     = 1.5f;
    bad[3].neg_threshold = 0.6f;
    bad[4].gain_max_db   = -1;
    for (int i = 0; i < 5; ++i) {
        REFUSED(asr_vad_open(&bad[i], &vad), ASR_AUDIO_BAD_ARGUMENT);
        CHECK(vad == NULL);
    }
    REFUSED(asr_vad_open(NULL, &vad), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_open(&speech_options, NULL), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_push(NULL, samples, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_finish(NULL), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_get_regions(NULL, &region, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_get_probabilities(NULL, &probability, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_decided(NULL), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_judged(NULL), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_get_spans(NULL, &region, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_spans_decided(NULL), ASR_AUDIO_BAD_ARGUMENT);
    asr_vad_close(NULL);

    vad = new_vad(&speech_options);
    REFUSED(asr_vad_push(vad, NULL, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_push(vad, samples, -1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_get_regions(vad, NULL, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_get_regions(vad, &region, 0), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_get_spans(vad, NULL, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_get_probabilities(vad, NULL, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_vad_get_probabilities(vad, &probability, 0), ASR_AUDIO_BAD_ARGUMENT);
    CHECK(asr_vad_push(vad, samples, 0) == ASR_AUDIO_OK && asr_vad_push(vad, samples, 2) == ASR_AUDIO_OK);
    CHECK(asr_vad_finish(vad) == ASR_AUDIO_OK && asr_vad_decided(vad) == 2);
    REFUSED(asr_vad_push(vad, samples, 1), ASR_AUDIO_BAD_ARGUMENT);
    CHECK(asr_vad_finish(vad) == ASR_AUDIO_OK && asr_vad_get_regions(vad, &region, 1) == 0);
    asr_vad_close(vad);
}

/* Finds the regions of speech. Passes the samples in blocks of `block` samples, and reads at most `capacity` regions
 * per call. */
static int32_t find_speech(const asr_vad_options * options, const float * samples, int64_t total, int64_t block,
                           int32_t capacity, asr_vad_region * all) {
    asr_vad * vad   = new_vad(options);
    guarded   some  = guard(NULL, (size_t) capacity * sizeof(asr_vad_region));
    int32_t   found = 0;
    for (int64_t at = 0; at < total || at == total; at += block) {
        if (at < total) {
            push_guarded(vad, samples + at, total - at < block ? total - at : block);
            CHECK(asr_vad_decided(vad) <= at + block && asr_vad_judged(vad) <= at + block);
        }
        if (at + block >= total) {
            CHECK(asr_vad_finish(vad) == ASR_AUDIO_OK && asr_vad_decided(vad) == total);
        }
        int32_t count = 0;
        while ((count = asr_vad_get_regions(vad, some.start, capacity)) > 0) {
            CHECK(found + count <= 64);
            memcpy(all + found, some.start, (size_t) count * sizeof(asr_vad_region));
            found += count;
        }
        CHECK(count == 0);
    }
    release(some);
    asr_vad_close(vad);
    return found;
}

static void find_alike(const asr_vad_options * options, const float * samples, int64_t total) {
    asr_vad_region whole[64];
    asr_vad_region parts[64];
    const int32_t  count = find_speech(options, samples, total, total, 64, whole);
    CHECK(count > 1);
    CHECK(find_speech(options, samples, total, 511, 1, parts) == count);
    CHECK(memcmp(whole, parts, (size_t) count * sizeof(asr_vad_region)) == 0);
    asr_vad * unfinished = new_vad(options);
    push_guarded(unfinished, samples, 16000);
    asr_vad_close(unfinished);
}

/* Fetches the probabilities, at most `capacity` per call. Returns their number. */
static int64_t fetch_probabilities(asr_vad * vad, int32_t capacity, float * all) {
    guarded some  = guard(NULL, (size_t) capacity * sizeof(float));
    int64_t found = 0;
    int32_t count = 0;
    while ((count = asr_vad_get_probabilities(vad, some.start, capacity)) > 0) {
        memcpy(all + found, some.start, (size_t) count * sizeof(float));
        found += count;
    }
    CHECK(count == 0);
    release(some);
    return found;
}

/* Checks the probabilities of a detector. If the detector keeps its probabilities, it must return one for each
 * window of 512 samples, for any capacity. If the detector does not keep them, it must return none. */
static void keep_probabilities(const float * samples, int64_t total) {
    static float  probabilities[2][10000];
    const int64_t windows = (total + 511) / 512;
    CHECK(windows <= 10000);
    for (int i = 0; i < 2; ++i) {
        asr_vad * vad = new_vad(&levelled_options);
        push_guarded(vad, samples, total);
        CHECK(asr_vad_finish(vad) == ASR_AUDIO_OK);
        CHECK(fetch_probabilities(vad, i == 0 ? 1 : 333, probabilities[i]) == windows);
        asr_vad_close(vad);
    }
    CHECK(memcmp(probabilities[0], probabilities[1], (size_t) windows * sizeof(float)) == 0);
    asr_vad * other = new_vad(&speech_options);
    push_guarded(other, samples, total);
    CHECK(fetch_probabilities(other, 1, probabilities[0]) == 0);
    asr_vad_close(other);
}

void find_speech_in_blocks_of_any_size(const float * samples, int64_t total) {
    find_alike(&speech_options, samples, total);
    find_alike(&levelled_options, samples, total);
    keep_probabilities(samples, total);
}
