/*
 * asr_vad.h - finds regions of speech in mono float32 samples at 16 kHz, while the samples arrive.
 *
 * Silero's network computes a probability of speech every 32 ms. Without peak_threshold and
 * gain_max_db, the regions are the same as those of Silero's get_speech_timestamps. The network does
 * not detect quiet speech. If gain_max_db is set, quiet audio is therefore amplified before the
 * network processes it (src/level.rs).
 *
 * The functions are in the library of asr_audio.h. They return the statuses of asr_audio.h and set
 * asr_audio_last_error(). ASR_AUDIO_ABI_VERSION is also the version of this file.
 *
 *     asr_vad_options options = { .threshold = 0.5f, .min_silence_ms = 2000, .speech_pad_ms = 400 };
 *     asr_vad * vad;
 *     asr_vad_region region;
 *     if (asr_vad_open(&options, &vad) != ASR_AUDIO_OK) return -1;
 *     while ((count = read_some(decoder, samples)) > 0) { // as in asr_audio.h
 *         asr_vad_push(vad, samples, count);
 *         while (asr_vad_get_regions(vad, &region, 1) == 1) use(region);
 *         forget_samples_before(asr_vad_decided(vad));
 *     }
 *     asr_vad_finish(vad);
 *     while (asr_vad_get_regions(vad, &region, 1) == 1) use(region);
 *     asr_vad_close(vad);
 *
 * Samples are in [-1, 1]. Samples outside this range are clipped. NaN and infinity become 0.
 * Positions count samples from the first pushed sample.
 *
 * Threads: several threads may use different streams at once. A stream may move between threads, but
 * only one thread may use it at a time. A push of 1 s of audio takes about 1 ms. No other call takes
 * long. A stream of any length uses 300 kB of memory with gain_max_db and 30 kB without gain_max_db.
 * In addition, it uses memory for the regions and probabilities that the caller has not fetched.
 */
#ifndef ASR_VAD_H
#define ASR_VAD_H

#include <stdint.h>

#include "asr_audio.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The voice activity of one stream. asr_vad_open opens it, and asr_vad_close frees it. */
typedef struct asr_vad asr_vad;

/* Options of a stream. A number in brackets is the default of faster-whisper. */
typedef struct asr_vad_options {
    float    threshold;      /* probability at which speech starts; above 0, at most 1 [0.5] */
    float    neg_threshold;  /* probability below which silence starts; at most `threshold`. 0 selects the
                              * default: 0.15 less than `threshold`, but at least 0.01 and at most `threshold` [0] */
    uint32_t min_speech_ms;  /* minimum length of a region without its padding; shorter regions are discarded [0] */
    uint32_t min_silence_ms; /* minimum length of the silence that ends a region [2000] */
    uint32_t speech_pad_ms;  /* padding at both ends of a region; if the silence between two regions is shorter than
                              * twice the padding, each region gets half of the silence [400] */
    float    peak_threshold; /* a region is discarded if no window of it reaches this probability. Noise and music
                              * rarely reach a high probability. Values from 0 to `threshold` have no effect.
                              * Silero's code does not have this option [0] */
    float    gain_max_db;    /* maximum gain in dB with which quiet audio is amplified to -20 dBFS for the network,
                              * from 0 (no gain) to 100. With gain, a window is processed 4.1 s later, because its
                              * gain depends on later windows. Silero's code does not have this option [0] */
    uint32_t keep_probabilities; /* non-zero: the stream keeps the probabilities for asr_vad_get_probabilities [0] */
    uint32_t span_min_silence_ms; /* minimum length of the silence that ends a span (asr_vad_get_spans); 0: the stream
                                   * finds no spans [0] */
    uint32_t span_pad_ms;         /* padding at both ends of a span [0] */
} asr_vad_options;

/* A region of speech. It includes the sample `start` and excludes the sample `end`. */
typedef struct asr_vad_region {
    int64_t start;
    int64_t end;
} asr_vad_region;

/*
 * Opens a stream. On success, `*out` is a stream that the caller must close. On failure, `*out` is NULL. The function
 * copies `options`.
 */
int32_t asr_vad_open(const asr_vad_options * options, asr_vad ** out);

/*
 * Processes the next `count` (0 or more) samples. The regions do not depend on how the samples are divided into calls.
 */
int32_t asr_vad_push(asr_vad * vad, const float * samples, int64_t count);

/* Ends the stream and its last region. The caller must not push samples after this call. */
int32_t asr_vad_finish(asr_vad * vad);

/*
 * Moves up to `capacity` (above 0) finished regions to `regions`, in order of time. Each region is returned only once.
 * Regions do not overlap. Returns the number of moved regions, or a negative asr_audio_status. If no region is
 * finished, returns 0.
 *
 * A region is finished when later samples cannot change it. This is the case at the latest after
 * max(min_silence_ms, 2 * speech_pad_ms) of silence, rounded up to whole windows of 32 ms.
 */
int32_t asr_vad_get_regions(asr_vad * vad, asr_vad_region * regions, int32_t capacity);

/*
 * Moves up to `capacity` (above 0) finished spans to `spans`, as asr_vad_get_regions moves regions. Spans are regions
 * with other rules: span_min_silence_ms and span_pad_ms, no minimum length and no peak_threshold. The network judges
 * the audio only once for both. Without span_min_silence_ms, the function returns 0.
 */
int32_t asr_vad_get_spans(asr_vad * vad, asr_vad_region * spans, int32_t capacity);

/*
 * Moves the probabilities of speech of up to `capacity` (above 0) windows to `probabilities`, in order of time. Each
 * probability is returned only once. Probability n of a stream, counted from 0, belongs to the window of 512 samples
 * that starts at position 512 * n. Returns the number of moved probabilities, or a negative asr_audio_status.
 *
 * The number of probabilities so far is asr_vad_judged(vad) / 512, rounded up. Without keep_probabilities, the function
 * returns 0.
 */
int32_t asr_vad_get_probabilities(asr_vad * vad, float * probabilities, int32_t capacity);

/*
 * Returns the position up to which the stream has separated speech from silence. Audio before this position is speech
 * if it is in a finished region, and silence otherwise. All regions that finish after this call start at this position
 * or later. The position never decreases. After asr_vad_finish, the position is the number of samples. Returns a
 * negative asr_audio_status if `vad` is NULL.
 */
int64_t asr_vad_decided(const asr_vad * vad);

/*
 * Returns the position up to which the stream has found the spans, as asr_vad_decided does for the regions. Without
 * span_min_silence_ms, returns 0.
 */
int64_t asr_vad_spans_decided(const asr_vad * vad);

/*
 * Returns 1 if asr_vad_decided(vad) is the start of a region that is not finished. Returns 0 if no region has started.
 * Speech starts a region only when it is long enough and has reached peak_threshold. Returns a negative
 * asr_audio_status if `vad` is NULL.
 */
int32_t asr_vad_is_open(const asr_vad * vad);

/*
 * Returns the number of samples in the windows that the network has processed. Without gain_max_db, the network has
 * processed all complete windows. With gain_max_db, it has not processed the last 127 complete windows yet. After
 * asr_vad_finish, the function returns the number of all samples. Returns a negative asr_audio_status if `vad` is NULL.
 */
int64_t asr_vad_judged(const asr_vad * vad);

/* Frees the stream; NULL is ignored. */
void asr_vad_close(asr_vad * vad);

#ifdef __cplusplus
}
#endif

#endif /* ASR_VAD_H */
