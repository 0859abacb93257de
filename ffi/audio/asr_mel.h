/*
 * asr_mel.h - converts mono float32 samples at 16 kHz to Whisper's features (log-mel).
 *
 * The features equal the output of OpenAI's and faster-whisper's code up to 1e-4:
 *
 *   1. The audio is mirrored for 200 samples at both ends.
 *   2. Each frame has 400 samples and a Hann window. A frame starts every 160 samples. The last frame
 *      is omitted.
 *   3. The energies of the frame are summed in 80 mel bands, or in 128 for large-v3 and its variants.
 *   4. Each value is x = max(log10(max(energy, 1e-10)), m - 8), where m is the maximum of all values.
 *      The feature is (x + 4) / 4.
 *
 * The silence after the audio changes the features. Each engine expects different silence:
 *
 *     faster-whisper (CTranslate2)    padding 160, n_frames 3000: frames of the audio, then zeros
 *     OpenAI, whisper.cpp             padding 480000, n_frames 3000: frames of the audio, then of silence
 *     only the audio                  padding 0, n_frames asr_mel_frames(n_samples, 0)
 *
 * The functions are in the library of asr_audio.h. They return its statuses and set
 * asr_audio_last_error().
 *
 * Functions keep no state: any thread may call them at any time.
 */
#ifndef ASR_MEL_H
#define ASR_MEL_H

#include <stdint.h>

#include "asr_audio.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The number of frames of `n_samples` samples and `padding` zeros: their sum divided by 160, rounded down. A negative
 * asr_audio_status if either is negative, or if padding is above 480000.
 */
int64_t asr_mel_frames(int64_t n_samples, int64_t padding);

/*
 * Computes the features of `n_samples` samples and `padding` zeros (0 to 480000), at least 201 in total. Writes them
 * to `out`: row-major [n_mels][n_frames], n_mels is 80 or 128. whisper.cpp's
 * whisper_set_mel and each item of CTranslate2's [batch][n_mels][n_frames] have the same layout.
 *
 * n_frames (above 0) may differ from asr_mel_frames(n_samples, padding). Extra columns become 0. Extra frames are
 * cut, but still count for the maximum. 30 s take about 5 ms.
 */
int32_t asr_mel_compute(
        int32_t       n_mels,
        const float * samples,
        int64_t       n_samples,
        int64_t       padding,
        float       * out,
        int64_t       n_frames);

#ifdef __cplusplus
}
#endif

#endif /* ASR_MEL_H */
