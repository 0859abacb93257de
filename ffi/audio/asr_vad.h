/*
 * asr_vad.h - mono float32 samples at 16 kHz in, regions of speech out, while the samples arrive.
 *
 * Silero's network gives every 32 ms a probability of speech; the regions are those of Silero's own
 * get_speech_timestamps, sample for sample. The network does not hear quiet speech: with gain_max_db it
 * is given a copy in which quiet audio is raised (src/level.rs). Part of the library of asr_audio.h: its statuses,
 * asr_audio_last_error() and asr_audio_abi_version() hold here too.
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
 * Samples lie in [-1, 1]; what exceeds it is clipped, and a sample that is not a number becomes 0.
 * Positions count samples from the first one pushed.
 *
 * Threads: different streams may be used on different threads at once. One stream may move between
 * threads, but is used by one at a time. A push takes about a thousandth of its samples' duration;
 * nothing else takes long. A stream has the same size whatever its length (300 kB with gain_max_db, else 30 kB), but for the
 * regions that the caller has not fetched.
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

/* In brackets, what faster-whisper takes when it is not told otherwise. */
typedef struct asr_vad_options {
    float    threshold;      /* speech begins at this probability, over 0 and at most 1 [0.5] */
    float    neg_threshold;  /* silence begins below this one, at most threshold;
                              * 0: 0.15 under threshold, but at least 0.01 [0] */
    uint32_t min_speech_ms;  /* a region is longer than this before it is padded [0] */
    uint32_t min_silence_ms; /* silence as long as this ends a region [2000] */
    uint32_t speech_pad_ms;  /* added at both ends of a region; neighbours share what is between
                              * them where it is less than twice this [400] */
    float    peak_threshold; /* a region reaches this probability somewhere, which noise and music seldom
                              * do; not in Silero's own code; 0 to threshold: any region does [0] */
    float    gain_max_db;    /* the network hears quiet audio raised to -20 dBFS, by at most so many dB, up to 100;
                              * each window is judged 4.1 s later, when its surroundings are known; not in
                              * Silero's own code; 0: it hears the samples as they are [0] */
} asr_vad_options;

/* Speech from sample `start` to before sample `end`. */
typedef struct asr_vad_region {
    int64_t start;
    int64_t end;
} asr_vad_region;

/* On success `*out` is a stream for the caller to close; on failure it is NULL. `options` is copied. */
int32_t asr_vad_open(const asr_vad_options * options, asr_vad ** out);

/* Takes the next `count` (0 or more) samples, in blocks of any size. */
int32_t asr_vad_push(asr_vad * vad, const float * samples, int64_t count);

/* Says that nothing follows, which finishes the last region. Then no sample may be pushed. */
int32_t asr_vad_finish(asr_vad * vad);

/* Moves up to `capacity` (over 0) finished regions into `regions`, each one once, in the order of time;
 * they do not overlap. Returns how many, 0 when there are none for now, or a negative asr_audio_status.
 * A region is finished at the latest when max(min_silence_ms, 2 * speech_pad_ms) of silence, and
 * the window it ends in, have followed it and were judged. */
int32_t asr_vad_get_regions(asr_vad * vad, asr_vad_region * regions, int32_t capacity);

/* The sample up to which all is known: no region that finishes after this call starts before it, so
 * what lies before it and in no region that has finished is silence. Never falls; after
 * asr_vad_finish it is the number of samples. A negative asr_audio_status when `vad` is NULL. */
int64_t asr_vad_decided(const asr_vad * vad);

/* 1 when the next region to finish starts at asr_vad_decided(vad), 0 when what goes on may still become
 * none: it is too short so far, or has not reached peak_threshold, however long it is. A negative
 * asr_audio_status when `vad` is NULL. */
int32_t asr_vad_is_open(const asr_vad * vad);

/* How many samples the network has judged: all whole windows, less 127 of them with gain_max_db; after
 * asr_vad_finish the number of samples. A negative asr_audio_status when `vad` is NULL. */
int64_t asr_vad_judged(const asr_vad * vad);

/* Frees the stream; NULL is ignored. */
void asr_vad_close(asr_vad * vad);

#ifdef __cplusplus
}
#endif

#endif /* ASR_VAD_H */
