/*
 * asr_audio.h - untrusted audio files in, mono float32 samples out.
 *
 * The format of a file is recognised by its content, never by its name, at any rate from 1 to 768 kHz:
 *
 *   wav            PCM of 8 to 32 bits, float, A-law, mu-law, IMA and MS ADPCM (one or two channels);
 *                  extensible, RF64, BW64, and of unknown length
 *   flac           also of unknown length
 *   mp3, mp2, mp1  MPEG-1, 2 and 2.5, with and without a Xing or LAME header; may change rate and channels
 *   mp4, m4a, mov  AAC-LC, the core of HE-AAC, ALAC, Opus, FLAC, MP3, PCM; whole or fragmented
 *   ogg            Vorbis, Opus, FLAC; chained
 *   webm, mkv      Opus, Vorbis, AAC, FLAC, MP3, ALAC, PCM
 *   aac            ADTS
 *   aiff, aifc     PCM of all kinds, A-law, mu-law, IMA ADPCM
 *   caf            PCM, A-law, mu-law, IMA ADPCM, ALAC, AAC, FLAC, Opus, MP3
 *   au             PCM, float, A-law, mu-law; also of unknown length
 *
 * AAC and Opus have one or two channels; HE-AAC is decoded without its upper band, and starts 22 ms
 * early where the file does not declare it. Everything else is refused by its name. Decoding is
 * pulled: memory stays bounded whatever the file's length (no index, picture or attachment of it is
 * held), and the first samples leave before the file is read through.
 *
 *     asr_audio_options options = { .sample_rate = 16000 };
 *     asr_audio_decoder * decoder;
 *     float samples[16000];
 *     int64_t count;
 *     if (asr_audio_decoder_open("speech.mp3", &options, &decoder) != ASR_AUDIO_OK) return -1;
 *     while ((count = asr_audio_decoder_read(decoder, samples, 16000)) != 0) {
 *         if (count == ASR_AUDIO_NOTHING_YET) continue;
 *         if (count < 0) return report(asr_audio_last_error());
 *         use(samples, count);
 *     }
 *     asr_audio_decoder_close(decoder);
 *
 * Samples lie in [-1, 1], full scale being 1: what exceeds it is clipped after mixing and
 * resampling, and a sample that is not a number becomes 0. Several channels become one, and the rate
 * is converted, as by ffmpeg's `-ac 1 -ar RATE` for a 16-bit file, whose mix cannot clip ((left +
 * right) / 2 for stereo). Encoder delay, padding, edit lists and Opus pre-skip are cut away, so time
 * 0 is the first sample meant to be heard. Of several audio tracks the default one is decoded. A
 * damaged packet becomes silence of its length, and a file that ends too early is decoded as far as
 * it goes.
 *
 * Threads: different decoders may be used on different threads at once. One decoder may move
 * between threads, but is used by one at a time. No function but read and open takes long.
 *
 * Failures: functions that return a status return ASR_AUDIO_OK or a negative asr_audio_status, and
 * then asr_audio_last_error() says in one sentence what happened and what was expected. A failed
 * read is final: every later read of that decoder fails alike, and what it gave before should not
 * be used. No failure, however hostile the file, ends the process.
 */
#ifndef ASR_AUDIO_H
#define ASR_AUDIO_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever a declaration below changes its meaning or layout. */
#define ASR_AUDIO_ABI_VERSION 6

enum asr_audio_status {
    ASR_AUDIO_OK                =   0,
    ASR_AUDIO_BAD_ARGUMENT      =  -1, /* the caller broke a rule of this header */
    ASR_AUDIO_UNSUPPORTED       =  -2, /* not decodable; the message names what was found and what is accepted */
    ASR_AUDIO_INVALID           =  -3, /* damaged, empty, or without an audio track */
    ASR_AUDIO_LIMIT             =  -4, /* a limit of the library was exceeded */
    ASR_AUDIO_CANCELLED         =  -5, /* the cancel word was set */
    ASR_AUDIO_IO                =  -6, /* the file cannot be opened or read */
    ASR_AUDIO_INTERNAL          =  -7, /* a bug of this library */
    /* A limit of the options was exceeded; the message names it and its number. */
    ASR_AUDIO_TOO_LONG          =  -8, /* max_duration_s */
    ASR_AUDIO_TOO_MANY_CHANNELS =  -9, /* max_channels */
    ASR_AUDIO_BAD_RATE          = -10, /* min_rate, max_rate */
    ASR_AUDIO_TOO_MANY_SAMPLES  = -11, /* max_samples */
    ASR_AUDIO_TOO_SLOW          = -12, /* max_wall_ms */
    ASR_AUDIO_TOO_MUCH_MEMORY   = -13, /* max_memory */
    /* No failure, and given by read alone: it worked for 25 ms and has to be called again. */
    ASR_AUDIO_NOTHING_YET       = -14
};

/* A file being decoded. Opened by asr_audio_decoder_open, freed by asr_audio_decoder_close. */
typedef struct asr_audio_decoder asr_audio_decoder;

typedef struct asr_audio_options {
    uint32_t sample_rate;    /* of the samples to return, in Hz: 16000 or 24000 */
    uint32_t max_channels;   /* most channels a file may have, 1 to 32; 0: 32 */
    double   max_duration_s; /* longest audio, in seconds, of what is decoded, or counted before; 0: any */
    uint32_t max_wall_ms;    /* longest time inside open and all reads, in milliseconds; 0: any */
    uint32_t min_rate;       /* lowest sample rate a file may have, in Hz; 0: 1000 */
    uint32_t max_rate;       /* highest sample rate a file may have, in Hz; 0: 768000 */
    uint32_t reserved;       /* must be 0 */
    uint64_t max_samples;    /* most samples decoded, of all channels together; 0: any */
    uint64_t max_memory;     /* most bytes for buffers whose size the file decides: packets, codec tables,
                                what a packet decodes to; 0: 33554432 */
    /* May be NULL. Non-zero, set from any thread, makes open and read fail with
     * ASR_AUDIO_CANCELLED within 50 ms. Must outlive the decoder. */
    const volatile int32_t * cancel;
} asr_audio_options;

typedef struct asr_audio_info {
    char     container[32]; /* "wav", "flac", "mp3", "mp4", "ogg", "matroska", "adts", "aiff", "caf", "au" */
    char     codec[32];     /* "pcm_s16le", "mp3", "aac", "alac", "flac", "vorbis", "opus", ... */
    uint32_t sample_rate;   /* of the file, in Hz */
    uint32_t channels;      /* of the file */
    double   duration_s;    /* in seconds, as the headers claim or estimate it; -1: unknown */
} asr_audio_info;

/* The ASR_AUDIO_ABI_VERSION the library was built with. Compare before any other call. */
int32_t asr_audio_abi_version(void);

/* Why the last failed call on this thread failed: one sentence, UTF-8, "" when none failed yet.
 * Owned by the library, valid until the next call on this thread. */
const char * asr_audio_last_error(void);

/* Recognises the file at `path` (UTF-8) and reads its headers only. On success `*out` is a decoder
 * for the caller to close; on failure it is NULL. `options` is copied, but for the cancel word. */
int32_t asr_audio_decoder_open(
        const char              * path,
        const asr_audio_options * options,
        asr_audio_decoder      ** out);

/* Fills `info` with what the headers say; strings are NUL-terminated. */
int32_t asr_audio_decoder_get_info(
        const asr_audio_decoder * decoder,
        asr_audio_info          * info);

/* Decodes up to `capacity` (over 0) samples into `samples`, owned by the caller. Returns how many
 * were written, 0 at the end, or a negative asr_audio_status. Fewer than `capacity` come only at
 * the end. A file may hold hours of which nothing is heard: what does not fill `samples` within about
 * 25 ms gives ASR_AUDIO_NOTHING_YET, what was decoded so far is kept, and the next call goes on. */
int64_t asr_audio_decoder_read(
        asr_audio_decoder * decoder,
        float             * samples,
        int64_t             capacity);

/* Frees the decoder; NULL is ignored. */
void asr_audio_decoder_close(asr_audio_decoder * decoder);

#ifdef __cplusplus
}
#endif

#endif /* ASR_AUDIO_H */
