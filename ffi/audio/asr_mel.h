/*
 * asr_mel.h - mono float32 samples at 16 kHz in, Whisper's features (log-mel) out.
 *
 * A frame every 160 samples, each of 400 under a Hann window, in 80 or 128 mel bands (large-v3 and its
 * children); audio is mirrored for 200 samples at either end; max(log10(max(energy, 1e-10)),
 * loudest - 8), plus 4, over 4; the last frame is left out: as OpenAI's and faster-whisper's code,
 * to 1e-4. Part of the library of asr_audio.h: its statuses and asr_audio_last_error() hold here too.
 *
 * How much silence follows the audio is part of the features. To give each engine what it expects:
 *
 *     faster-whisper (CTranslate2)    padding 160, n_frames 3000: its frames, then zeros
 *     OpenAI, whisper.cpp             padding 480000, n_frames 3000: its frames, then those of silence
 *     nothing beside the audio        padding 0, n_frames asr_mel_frames(n_samples, 0)
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
 * to `out`: row-major [n_mels][n_frames], n_mels is 80 or 128. whisper_set_mel takes this layout, and so does one
 * item of CTranslate2's [batch][n_mels][n_frames].
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
