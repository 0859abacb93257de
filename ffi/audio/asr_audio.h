/*
 * asr_audio.h - converts untrusted audio files to mono float32 samples.
 *
 * The decoder recognises the format of a file by its content, never by its name. The sample rate of
 * the file can be from 1 to 768 kHz. Formats:
 *
 *   wav            PCM of 8 to 32 bits, float, A-law, mu-law, IMA and MS ADPCM (one or two channels);
 *                  WAVE_FORMAT_EXTENSIBLE, RF64, BW64; the length may be unknown
 *   flac           the length may be unknown
 *   mp3, mp2, mp1  MPEG-1, 2 and 2.5, with and without a Xing or LAME header; the rate and the
 *                  number of channels may change within a file
 *   mp4, m4a, mov  AAC-LC, the core of HE-AAC, ALAC, Opus, FLAC, MP3, PCM; whole or fragmented
 *   ogg            Vorbis, Opus, FLAC; also several streams in sequence (chained)
 *   webm, mkv      Opus, Vorbis, AAC, FLAC, MP3, ALAC, PCM
 *   aac            ADTS
 *   aiff, aifc     PCM of all kinds, A-law, mu-law, IMA ADPCM
 *   caf            PCM, A-law, mu-law, IMA ADPCM, ALAC, AAC, FLAC, Opus, MP3
 *   au             PCM, float, A-law, mu-law; the length may be unknown
 *
 * AAC and Opus may have one or two channels. HE-AAC is decoded without its upper band. If a file
 * contains HE-AAC but does not declare it, the audio is 22 ms too early. The error for an unsupported
 * format contains the name of the format. The decoder returns the first samples before it has read the
 * whole file. Long files need no more memory than short files: the caller reads the samples in parts,
 * and the decoder does not store indexes, pictures or attachments.
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
 * Samples are in [-1, 1]; full scale is 1. Samples outside this range are clipped after mixing and
 * resampling. NaN and infinity become 0. Channel mixing and rate conversion give the same result as
 * ffmpeg's `-ac 1 -ar RATE` for a 16-bit file. For example, stereo becomes (left + right) / 2.
 * Stereo is mixed in blocks of 250 ms. If the mix of a block is more than 20 dB below one of its
 * channels, because one channel is the negative of the other, the louder channel replaces this mix.
 * The options can select one channel instead of the mix.
 * The decoder removes frames that are not audible: encoder delay, padding, Opus pre-skip, and the
 * frames that edit lists exclude. Therefore time 0 is the first audible sample. But if the file has
 * video that starts earlier, by at most four hours, silence precedes the audio, and time 0 is the
 * start of the video. If there are several audio tracks, the options choose one. A damaged packet
 * becomes silence of the same length. A truncated file is decoded up to its end.
 *
 * Threads: several threads may use different decoders at once. A decoder may move between threads,
 * but only one thread may use it at a time. Only read and open may take long.
 *
 * Failures: functions that return a status return ASR_AUDIO_OK or a negative asr_audio_status.
 * After a failure, asr_audio_last_error() describes the problem and the expected value in one sentence.
 * After a failed read, every later read fails with the same status. The caller must then discard the
 * samples of earlier reads.
 * A hostile file can make a call fail, but it cannot end the process.
 */
#ifndef ASR_AUDIO_H
#define ASR_AUDIO_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Increase this number when a declaration below changes its meaning or layout. */
#define ASR_AUDIO_ABI_VERSION 11

enum asr_audio_status {
    ASR_AUDIO_OK                =   0,
    ASR_AUDIO_BAD_ARGUMENT      =  -1, /* the caller violated a rule of this header */
    ASR_AUDIO_UNSUPPORTED       =  -2, /* the format is not supported; the message contains its name and the
                                          supported formats */
    ASR_AUDIO_INVALID           =  -3, /* the file is damaged, empty or has no audio track */
    ASR_AUDIO_LIMIT             =  -4, /* a limit of the library was exceeded */
    ASR_AUDIO_CANCELLED         =  -5, /* the cancel flag was set */
    ASR_AUDIO_IO                =  -6, /* the file cannot be opened or read */
    ASR_AUDIO_INTERNAL          =  -7, /* a bug in this library */
    /* The following statuses mean that a limit of asr_audio_options was exceeded. The message contains the limit. */
    ASR_AUDIO_TOO_LONG          =  -8, /* max_duration_s */
    ASR_AUDIO_TOO_MANY_CHANNELS =  -9, /* max_channels */
    ASR_AUDIO_BAD_RATE          = -10, /* min_rate, max_rate */
    ASR_AUDIO_TOO_MANY_SAMPLES  = -11, /* max_samples */
    ASR_AUDIO_TOO_SLOW          = -12, /* max_wall_ms */
    ASR_AUDIO_TOO_MUCH_MEMORY   = -13, /* max_memory */
    /*
     * Not a failure. asr_audio_decoder_read returns this value if its time slice of 25 ms ends before the buffer is
     * full. Call the function again.
     */
    ASR_AUDIO_NOTHING_YET       = -14,
    ASR_AUDIO_NO_TRACK          = -15, /* the file does not have the track that `track` or `track_rank` selects */
    ASR_AUDIO_NO_CHANNEL        = -16  /* the track does not have the channel that `channel` selects */
};

/* A decoder of one file. asr_audio_decoder_open opens it, and asr_audio_decoder_close frees it. */
typedef struct asr_audio_decoder asr_audio_decoder;

typedef struct asr_audio_options {
    uint32_t sample_rate;    /* sample rate of the output in Hz: 16000 or 24000 */
    uint32_t max_channels;   /* maximum number of channels of a file, from 1 to 32; 0 selects 32 */
    double   max_duration_s; /* maximum length of the decoded audio in seconds; 0: no limit */
    uint32_t max_wall_ms;    /* maximum time of the open call and all read calls together, in milliseconds; 0: no
                                limit */
    uint32_t min_rate;       /* minimum sample rate of a file in Hz; 0 selects 1000 */
    uint32_t max_rate;       /* maximum sample rate of a file in Hz; 0 selects 768000 */
    uint32_t track;          /* number of the audio track, from 1; 0: the track with the rank `track_rank` */
    uint64_t max_samples;    /* maximum number of decoded samples of all channels together; 0: no limit */
    uint64_t max_memory;     /* maximum size in bytes of the buffers whose size depends on the file: packets, codec
                                tables, decoded packets; 0 selects 33554432 */
    /*
     * Cancel flag; may be NULL. Any thread may set the flag to non-zero. Then open and read fail with
     * ASR_AUDIO_CANCELLED within 50 ms. The flag must stay valid until the decoder is closed.
     */
    const volatile int32_t * cancel;
    /*
     * Rank of the audio track, from 0 to 7, if `track` is 0. Decodable tracks have the first ranks. Among them, default
     * tracks come first, then tracks with more channels, then earlier tracks.
     */
    uint32_t track_rank;
    uint32_t channel;        /* number of the channel to decode, from 1 to 32; 0: the mix of all channels */
} asr_audio_options;

typedef struct asr_audio_info {
    char     container[32]; /* "wav", "flac", "mp3", "mp4", "ogg", "matroska", "adts", "aiff", "caf", "au" */
    char     codec[32];     /* "pcm_s16le", "mp3", "aac", "alac", "flac", "vorbis", "opus", ... */
    uint32_t sample_rate;   /* sample rate of the file, in Hz */
    uint32_t channels;      /* number of channels of the file */
    double   duration_s;    /* length in seconds that the headers declare, or that is estimated from the headers; -1:
                               unknown */
    uint32_t track;         /* number of the decoded audio track, from 1 */
    uint32_t tracks;        /* number of audio tracks of the file; 1 if the format has no tracks */
    uint32_t tracks_left;   /* number of decodable tracks with a higher value of `track_rank`; 0 if `track` is set */
    uint32_t late_samples;  /* number of output samples before the audio; 0 unless the audio starts later than the video;
                               known after the first read */
} asr_audio_info;

/*
 * Returns the ASR_AUDIO_ABI_VERSION of the library. Compare it with ASR_AUDIO_ABI_VERSION of this header before any
 * other call.
 */
int32_t asr_audio_abi_version(void);

/*
 * Returns the error message of the last failed call on this thread: one sentence in UTF-8, or "" if no call failed. The
 * library owns the string. It is valid until the next call on this thread.
 */
const char * asr_audio_last_error(void);

/*
 * How ffmpeg can read a file that this library does not support. Each demuxer that `demuxer` can name reads one plain
 * file. It never follows references to other files. A demuxer of playlists would follow them, so it is never named.
 */
typedef struct asr_audio_foreign {
    char     demuxer[32]; /* name of the demuxer, such as "matroska"; "" if there is none */
    uint32_t track;       /* number of the chosen audio track, from 1; 0: unknown */
    uint32_t tracks;      /* number of audio tracks; 0: unknown */
} asr_audio_foreign;

/* Fills `foreign` after a call on this thread failed with ASR_AUDIO_UNSUPPORTED. */
int32_t asr_audio_last_foreign(asr_audio_foreign * foreign);

/*
 * Opens the file at `path` (UTF-8), detects its format and reads only its headers. On success, `*out` is a decoder that
 * the caller must close. On failure, `*out` is NULL. The function copies `options`, except for the cancel flag.
 */
int32_t asr_audio_decoder_open(
        const char              * path,
        const asr_audio_options * options,
        asr_audio_decoder      ** out);

/* Fills `info` with the properties that the headers of the file declare. The strings are NUL-terminated. */
int32_t asr_audio_decoder_get_info(
        const asr_audio_decoder * decoder,
        asr_audio_info          * info);

/*
 * Decodes up to `capacity` (above 0) samples to `samples`, a buffer of the caller. Returns the number of samples, 0 at
 * the end of the file, or a negative asr_audio_status. Returns fewer than `capacity` samples only at the end of the
 * file.
 *
 * If `samples` is not full after about 25 ms, the function returns ASR_AUDIO_NOTHING_YET and keeps the decoded samples
 * for the next call. Without this limit, a call could take very long, because a file may contain hours without audible
 * samples.
 */
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
