/*
 * asr_vad.h - finds regions of speech in mono float32 samples at 16 kHz, while the samples arrive.
 *
 * Silero's network computes a probability of speech every 32 ms. The regions equal the result of
 * Silero's get_speech_timestamps exactly. The network does not detect quiet speech. With gain_max_db,
 * it therefore receives a copy in which quiet audio is amplified (src/level.rs).
 *
 * The functions are in the library of asr_audio.h. They return its statuses and set
 * asr_audio_last_error(); asr_audio_abi_version() is also the version of this file.
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
 * Samples are in [-1, 1]. Samples outside this range are clipped, and NaN becomes 0.
 * Positions count samples from the first one pushed.
 *
 * Threads: several threads may use different streams at once. A stream may move between threads, but
 * only one thread may use it at a time. A push takes about a thousandth of its samples' duration; no
 * other call takes long. A stream of any length uses 300 kB with gain_max_db, else 30 kB, and the
 * memory of the regions that the caller has not fetched.
 */
#ifndef ASR_VAD_H
#define ASR_VAD_H

#include <stdint.h>

#include "asr_audio.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The voice activity of one stream. Opened by asr_vad_open, freed by asr_vad_close. */
typedef struct asr_vad asr_vad;

/* The numbers in brackets are the defaults of faster-whisper. */
typedef struct asr_vad_options {
    float    threshold;      /* speech starts at this probability, above 0 and at most 1 [0.5] */
    float    neg_threshold;  /* silence starts below this probability, at most threshold;
                              * 0: threshold - 0.15, but at least 0.01 [0] */
    uint32_t min_speech_ms;  /* shorter regions, measured without padding, are discarded [0] */
    uint32_t min_silence_ms; /* silence of at least this length ends a region [2000] */
    uint32_t speech_pad_ms;  /* padding at both ends of a region; two neighbours share the silence between
                              * them if it is shorter than twice this [400] */
    float    peak_threshold; /* a region must reach this probability once, which noise and music rarely
                              * do; not in Silero's own code; 0 to threshold: no effect [0] */
    float    gain_max_db;    /* amplifies quiet audio for the network to -20 dBFS, by at most this gain, up to 100;
                              * each window is then processed 4.1 s later, because the gain depends on later
                              * windows; not in Silero's own code; 0: no gain [0] */
} asr_vad_options;

/* A region of speech from sample `start` up to but excluding `end`. */
typedef struct asr_vad_region {
    int64_t start;
    int64_t end;
} asr_vad_region;

/* On success `*out` is a stream that the caller must close; on failure it is NULL. `options` is copied. */
int32_t asr_vad_open(const asr_vad_options * options, asr_vad ** out);

/* Takes the next `count` (0 or more) samples, in blocks of any size. */
int32_t asr_vad_push(asr_vad * vad, const float * samples, int64_t count);

/* Ends the stream and its last region. No samples may be pushed afterwards. */
int32_t asr_vad_finish(asr_vad * vad);

/*
 * Moves up to `capacity` (above 0) finished regions to `regions`, in order of time, each region once. Regions do not
 * overlap. Returns their number (0: none yet), or a negative asr_audio_status.
 *
 * A region is finished after max(min_silence_ms, 2 * speech_pad_ms) of silence, rounded up to whole windows of 32 ms, at
 * the latest.
 */
int32_t asr_vad_get_regions(asr_vad * vad, asr_vad_region * regions, int32_t capacity);

/*
 * All regions that finish after this call start at this sample or after it. Audio before it and outside of all
 * finished regions is silence. It never decreases; after asr_vad_finish it is the number of samples. A negative
 * asr_audio_status if `vad` is NULL.
 */
int64_t asr_vad_decided(const asr_vad * vad);

/*
 * 1 if an unfinished region starts at asr_vad_decided(vad). 0 if the current sound may still become silence: it is
 * too short so far, or has not reached peak_threshold yet. A negative asr_audio_status if `vad` is
 * NULL.
 */
int32_t asr_vad_is_open(const asr_vad * vad);

/*
 * Number of samples that the network has processed: all complete windows, minus 127 of them with gain_max_db. After
 * asr_vad_finish it is the number of samples. A negative asr_audio_status if `vad` is NULL.
 */
int64_t asr_vad_judged(const asr_vad * vad);

/* Frees the stream; NULL is ignored. */
void asr_vad_close(asr_vad * vad);

#ifdef __cplusplus
}
#endif

#endif /* ASR_VAD_H */
