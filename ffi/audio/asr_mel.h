/*
 * asr_mel.h - converts mono float32 samples at 16 kHz to Whisper's features (log-mel).
 *
 * The features differ by at most 1e-4 from the output of OpenAI's and faster-whisper's code. They are
 * computed as follows:
 *
 *   1. The audio is mirrored for 200 samples at both ends.
 *   2. Each frame has 400 samples and a Hann window. A frame starts every 160 samples. The last frame
 *      is omitted, as in OpenAI's code.
 *   3. The energies of the frame are summed in 80 mel bands, or in 128 for large-v3 and its variants.
 *   4. Each value is x = max(log10(max(energy, 1e-10)), m - 8), where m is the maximum of all values.
 *      The feature is (x + 4) / 4.
 *
 * Silence after the audio changes the features. Each engine expects different silence:
 *
 *     faster-whisper (CTranslate2)    padding 160, n_frames 3000: frames of the audio, then features of 0
 *     OpenAI, whisper.cpp             padding 480000, n_frames 3000: frames of the audio, then frames of silence
 *     only the audio                  padding 0, n_frames asr_mel_frames(n_samples, 0)
 *
 * The functions are in the library of asr_audio.h. They return its statuses and set
 * asr_audio_last_error().
 *
 * The functions keep no state, so any thread may call them at any time.
 */
#ifndef ASR_MEL_H
#define ASR_MEL_H

#include <stdint.h>

#include "asr_audio.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Returns the number of frames of `n_samples` samples and `padding` zeros: (n_samples + padding) / 160, rounded down.
 * Returns a negative asr_audio_status if `n_samples` or `padding` is negative, or if `padding` is above 480000.
 */
int64_t asr_mel_frames(int64_t n_samples, int64_t padding);

/*
 * Computes the features of `n_samples` samples and of `padding` zeros after them (0 to 480000). There must be at least
 * 201 samples, including the zeros. Writes the features to `out`, row-major with the shape [n_mels][n_frames], where
 * n_mels is 80 or 128. The layout is the same as in whisper.cpp's whisper_set_mel, and as in each item of CTranslate2's
 * [batch][n_mels][n_frames].
 *
 * n_frames (above 0) may differ from asr_mel_frames(n_samples, padding). If n_frames is larger, the additional frames
 * are 0. If n_frames is smaller, the last frames are not written, but they still affect the maximum m. The computation
 * takes about 5 ms for 30 s of audio.
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
