/* features.c: tests asr_mel.h: invalid arguments, and samples and features of any length. */
#include "asr_mel.h"
#include "check.h"

#include <math.h>

void refuse_mel(void) {
    static float samples[201];
    static float out[80 * 2];
    float * const misaligned = (float *) (void *) ((char *) samples + 1);
    REFUSED(asr_mel_frames(-1, 0), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_frames(0, -1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_frames(0, 480001), ASR_AUDIO_BAD_ARGUMENT);
    CHECK(asr_mel_frames(INT64_MAX, 480000) > 0);
    REFUSED(asr_mel_compute(81, samples, 201, 0, out, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_compute(80, NULL, 201, 0, out, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_compute(80, misaligned, 200, 1, out, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_compute(80, samples, 201, 0, NULL, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_compute(80, samples, 200, 0, out, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_compute(80, samples, -1, 480000, out, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_compute(80, samples, 201, 480001, out, 1), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_compute(80, samples, 201, 0, out, 0), ASR_AUDIO_BAD_ARGUMENT);
    REFUSED(asr_mel_compute(80, samples, 201, 0, out, INT64_MAX), ASR_AUDIO_BAD_ARGUMENT);
    samples[7] = NAN;
    CHECK(asr_mel_compute(80, samples, 201, 0, out, 2) == ASR_AUDIO_OK);
}

void compute_mel(const float * samples) {
    const int64_t lengths[]  = { 1, 201, 16000, 16001 };
    const int64_t paddings[] = { 0, 160, 200, 480000 };
    const int64_t columns[]  = { 1, 99, 100, 3000 };
    for (int i = 0; i < 64; ++i) {
        const int64_t length = lengths[i % 4], padding = paddings[i / 4 % 4], n_frames = columns[i / 16];
        if (length + padding < 201) {
            continue;
        }
        const int32_t n_mels = i % 2 ? 128 : 80;
        guarded       input  = guard(samples, (size_t) length * sizeof(float));
        guarded       output = guard(NULL, (size_t) (n_mels * n_frames) * sizeof(float));
        CHECK(asr_mel_compute(n_mels, input.start, length, padding, output.start, n_frames) == ASR_AUDIO_OK);
        release(input);
        release(output);
    }
}
