/*
 * asr.h: the C interface between open-asr-server and every speech recognition engine.
 *
 *   model file -> asr_model_load -> asr_lane_open (one lane per unit of parallel work)
 *     prompted    -> asr_lane_detect_language | asr_lane_decode | asr_lane_align  (chunks of audio)
 *     recognize   -> asr_lane_recognize                                           (chunks of audio)
 *     stream      -> asr_stream_open -> asr_stream_feed, again and again          (audio in order) -> asr_stream_close
 *       -> accessors -> asr_lane_close -> asr_model_free
 *
 * The calls form groups. asr_model_info.groups lists the groups that a model supports. All other calls return
 * ASR_STATUS_UNSUPPORTED. Each engine is one shared library that exports exactly the functions of this file.
 *
 * The engine implements the work on single tokens: timestamp rules, suppression, beam search, sampling.
 * The caller implements the rest, once for all engines: chunks, fallback, filters, words and text.
 *
 * Conventions
 *   - Audio is mono float32 in [-1, 1]. Times are seconds from the start of the chunk or of the stream. Each model
 *     defines its own token ids.
 *   - A function that can fail returns an asr_status. After a failure, asr_last_error() describes the problem and the
 *     expected value. Functions never throw an exception, install a signal handler or call exit().
 *   - Handles are opaque. Each kind of handle has one function that frees it. Call this function once, and never while
 *     another call uses the handle.
 *   - Structs are passed by pointer. A call does not use a struct or its pointers after it has returned. Structs have
 *     only plain fields, so a caller in another language can write them into memory. Numbers in brackets are offsets on
 *     64-bit targets. Fields named `reserved` must be 0.
 *   - Threads: any number of lanes may use one model at the same time. Only one thread at a time may use a lane and its
 *     streams. Calls on lanes block. While asr_model_load or asr_model_free runs, no other call may use that model.
 */
#ifndef ASR_H
#define ASR_H

#include <stdint.h>

#if defined(_WIN32)
#define ASR_API __declspec(dllexport)
#else
#define ASR_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Increase this number with every incompatible change of this file. The caller checks it before all other calls. */
#define ASR_ABI_VERSION 5

typedef int32_t asr_status;

enum {
    ASR_STATUS_OK            = 0,
    ASR_STATUS_BAD_ARGUMENT  = -1, /* the caller broke a rule of this file */
    ASR_STATUS_BAD_MODEL     = -2, /* damaged, of an unknown version, or of another engine */
    ASR_STATUS_UNSUPPORTED   = -3, /* a valid request that this engine or this model cannot carry out */
    ASR_STATUS_OUT_OF_MEMORY = -4,
    ASR_STATUS_CANCELLED     = -5, /* the cancel flag was set; the lane stays usable */
    ASR_STATUS_INTERNAL      = -6, /* the engine failed; the lane stays usable unless asr_last_error() says otherwise */
};

ASR_API int32_t asr_abi_version(void);

/* The engine's name and version, and the CPU features that it uses: a static string, never NULL. */
ASR_API const char * asr_engine_description(void);

/* The message of the last call on this thread; "" if that call succeeded. Valid until the next call on this thread. */
ASR_API const char * asr_last_error(void);

/* ---- model ---------------------------------------------------------------------------------------------------- */

typedef struct asr_model asr_model;

enum {
    ASR_DEVICE_CPU = 0,
    ASR_DEVICE_GPU = 1, /* such as Metal or CUDA, if the library was built with it; otherwise UNSUPPORTED */
};

/* A file of a model whose path would be a folder. */
typedef struct asr_model_file {
    const char * name; /* [0]  file name in the folder */
    const void * data; /* [8]  must stay valid until the load returns */
    int64_t      size; /* [16] number of bytes in `data` */
} asr_model_file;      /* 24 bytes */

typedef struct asr_model_options {
    const char *           path;         /* [0]  UTF-8 path of the model's file or folder; NULL if `data` or `files` is set */
    const void *           data;         /* [8]  the bytes of the model file; must stay valid until the load returns */
    int64_t                data_size;    /* [16] number of bytes in `data` */
    int32_t                device;       /* [24] ASR_DEVICE_* */
    int32_t                threads;      /* [28] number of CPU threads that the load may use, at least 1 */
    const char *           compute_type; /* [32] name of the number format in which the engine computes; NULL: the engine
                                                 chooses. UNSUPPORTED if this CPU does not support the format, or if the
                                                 engine always computes in the format of the model file */
    const asr_model_file * files;        /* [40] the files of the model's folder; NULL if `path` or `data` is set */
    int64_t                n_files;      /* [48] number of `files` */
} asr_model_options;                     /* 56 bytes */

enum {
    ASR_INPUT_PCM_16K     = 0, /* samples at 16 kHz */
    ASR_INPUT_LOG_MEL_80  = 1, /* [80, n_frames] log-mel features, 100 frames a second */
    ASR_INPUT_LOG_MEL_128 = 2, /* [128, n_frames] */
    ASR_INPUT_PCM_24K     = 3, /* samples at 24 kHz */
};

/* The groups of calls that a model supports: the bits of asr_model_info.groups. At least one bit is set. */
enum {
    ASR_GROUP_PROMPTED  = 1 << 0, /* detect_language, decode, align: models whose decoder takes a prompt (Whisper) */
    ASR_GROUP_RECOGNIZE = 1 << 1, /* recognize: models that return tokens with times for each chunk (transducers, CTC) */
    ASR_GROUP_STREAM    = 1 << 2, /* asr_stream_*: models that keep state between successive pieces of audio (Kyutai) */
};

/* Optional features of a model: the bits of asr_model_info.capabilities. */
enum {
    ASR_CAPABILITY_DETECT_LANGUAGE = 1 << 0, /* asr_lane_detect_language */
    ASR_CAPABILITY_TRANSLATE       = 1 << 1, /* ASR_TASK_TRANSLATE */
    ASR_CAPABILITY_PROMPT          = 1 << 2, /* asr_chunk.prompt */
    ASR_CAPABILITY_ALIGN           = 1 << 3, /* asr_lane_align */
    ASR_CAPABILITY_BEAM            = 1 << 4, /* asr_chunk.beam_size above 1 selects beam search */
    ASR_CAPABILITY_TIMESTAMPS      = 1 << 5, /* asr_lane_decode can return timestamp tokens */
    ASR_CAPABILITY_TEMPERATURE     = 1 << 6, /* a temperature above 0 selects sampling */
};

typedef struct asr_model_info {
    int32_t input;                 /* [0]  ASR_INPUT_*: the content of asr_chunk.input and asr_stream_input.input */
    int32_t capabilities;          /* [4]  ASR_CAPABILITY_* */
    int32_t n_vocab;               /* [8]  token ids are 0 .. n_vocab - 1 */
    int32_t n_languages;           /* [12] at least 1 */
    int32_t n_prompt_max;          /* [16] the engine drops the first tokens of a longer prompt; 0 without ASR_CAPABILITY_PROMPT */
    int32_t token_text_end;        /* [20] ids below this one are text */
    int32_t token_timestamp_begin; /* [24] id of timestamp 0; -1 without timestamp tokens */
    float   timestamp_step_s;      /* [28] seconds from one timestamp id to the next; 0 without timestamp tokens */
    float   window_max_s;          /* [32] longest chunk, and the encoder's full window; 0: the model does not accept chunks */
    float   window_step_s;         /* [36] step of asr_chunk.window_s; 0: the window is fixed */
    int32_t groups;                /* [40] ASR_GROUP_* */
    float   frame_s;               /* [44] resolution of token times in recognize and stream; 0 without these groups */
} asr_model_info;                  /* 48 bytes */

/*
 * Reads a model into memory. On success *model is a handle that asr_model_free() frees.
 * BAD_MODEL: the file has another format, is truncated, or has impossible dimensions.
 * UNSUPPORTED: the engine does not support the device or the compute type.
 */
ASR_API asr_status asr_model_load(const asr_model_options * options, asr_model ** model);

/* Frees a model; all of its lanes must be closed. NULL is allowed. */
ASR_API void asr_model_free(asr_model * model);

ASR_API asr_status asr_model_get_info(const asr_model * model, asr_model_info * info);

/*
 * The ISO 639-1 code of a language (639-3 if it has no 639-1 code). `index` is below n_languages; NULL for any other index.
 * The string is valid until the model is freed.
 */
ASR_API const char * asr_model_get_language(const asr_model * model, int32_t index);

/*
 * Copies the bytes of a token and returns their number. Copies nothing if there are more than `capacity` bytes. The bytes
 * of a token may end inside a UTF-8 character, so join the bytes of all tokens before decoding them. Timestamps and control
 * tokens have 0 bytes. In languages with spaces between words, a space is at the start of the first token of a word.
 *
 * To convert a prompt to tokens, use byte-pair encoding with this vocabulary. Always join the pair whose token has the
 * lowest id (as OpenAI's tiktoken does).
 *
 * BAD_ARGUMENT for an id outside the vocabulary.
 */
ASR_API int32_t asr_model_get_token_bytes(const asr_model * model, int32_t id, uint8_t * bytes, int32_t capacity);

/* ---- lane ----------------------------------------------------------------------------------------------------- */

/* A lane makes one call at a time on a model. It holds the activations, the caches and the state of the random numbers. */
typedef struct asr_lane asr_lane;

ASR_API asr_status asr_lane_open(asr_model * model, asr_lane ** lane);

/* Frees a lane; all of its streams must be closed. NULL is allowed. */
ASR_API void asr_lane_close(asr_lane * lane);

enum {
    ASR_TASK_TRANSCRIBE = 0,
    ASR_TASK_TRANSLATE  = 1, /* into English; UNSUPPORTED without ASR_CAPABILITY_TRANSLATE */
};

/*
 * One span of audio, at most window_max_s long, and the options for it. detect_language, decode and align check every
 * field. recognize reads only input, n_input, cancel, id, language and threads.
 */
typedef struct asr_chunk {
    const float *            input;       /* [0]  samples or features, see asr_model_info.input; finite values */
    int64_t                  n_input;     /* [8]  number of samples or frames, at least 1 */
    const volatile int32_t * cancel;      /* [16] flag: another thread sets it to non-zero to stop this chunk; may be NULL */
    const int32_t *          prompt;      /* [24] decode: tokens of the text before the chunk */
    const int32_t *          tokens;      /* [32] align: text tokens whose times are wanted */
    int32_t                  n_prompt;    /* [40] */
    int32_t                  n_tokens;    /* [44] */
    int64_t                  id;          /* [48] identifies the audio; 0: none. If the lane's last call had the same id and
                                                  window, the engine may reuse the output of the encoder */
    float                    window_s;    /* [56] seconds that the encoder processes, at least the length of the chunk; the
                                                  engine rounds up to a multiple of window_step_s */
    int32_t                  language;    /* [60] index of the spoken language; recognize: -1 if unknown */
    int32_t                  task;        /* [64] ASR_TASK_* */
    int32_t                  timestamps;  /* [68] non-zero: decode also returns timestamp tokens */
    float                    temperature; /* [72] 0: beam search; above 0: the best of several samples */
    int32_t                  beam_size;   /* [76] number of beams at temperature 0, 1 (greedy) to 8 */
    int32_t                  best_of;     /* [80] number of samples at a temperature above 0, 1 to 8 */
    uint32_t                 seed;        /* [84] seed of the random numbers at a temperature above 0 */
    int32_t                  threads;     /* [88] number of CPU threads that the call may use, at least 1 */
    int32_t                  reserved;    /* [92] 0 */
} asr_chunk;                              /* 96 bytes */

/* The result for one chunk or stream in a lane's last call. Fields that the call does not compute are 0. */
typedef struct asr_result {
    asr_status status;         /* [0]  status of this chunk or stream; a failure does not affect the others */
    int32_t    n_tokens;       /* [4]  decode: number of tokens without end-of-text; align: number of tokens with times;
                                       recognize: tokens of the chunk; stream: tokens that became final in this call */
    float      avg_logprob;    /* [8]  decode: sum of all log-probabilities, including end-of-text, divided by n_tokens + 1;
                                       recognize, stream: mean of the n_tokens log-probabilities, 0 without tokens */
    float      no_speech_prob; /* [12] decode: probability of the no-speech token at the start of the transcript */
    float      window_s;       /* [16] detect_language, decode, align: the window that the encoder used */
    int32_t    is_complete;    /* [20] decode, recognize: 0 if the length limit cut off the text, else 1;
                                       stream: 1 if is_last was set, so the stream returns no more tokens */
} asr_result;                  /* 24 bytes */

typedef struct asr_token {
    int32_t id;      /* [0] */
    float   logprob; /* [4]  decode, recognize, stream: natural logarithm of the token's probability among the
                             allowed tokens, at temperature 1 */
    float   start_s; /* [8]  align, recognize, stream: start and end of the token */
    float   end_s;   /* [12] */
} asr_token;         /* 16 bytes */

/*
 * Each call below processes n >= 1 chunks or streams. An engine may process them together. The call returns OK or the
 * first failure; asr_lane_get_result() returns the status of each chunk or stream. Before it
 * computes, the call checks the arguments of all chunks or streams. If it finds an invalid one, it returns BAD_ARGUMENT and
 * computes nothing. Some arguments, such as token ids, are only checked later.
 */

/* ---- group prompted ------------------------------------------------------------------------------------------- */

/*
 * Computes the probability of each language; asr_lane_get_language_probs() returns the probabilities. UNSUPPORTED without
 * ASR_CAPABILITY_DETECT_LANGUAGE.
 */
ASR_API asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* Converts audio to tokens with log-probabilities but without times; asr_lane_get_tokens() returns the tokens. */
ASR_API asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/*
 * Computes the times of the given text tokens from the decoder's attention to the audio; asr_lane_get_tokens() returns the
 * tokens. UNSUPPORTED without ASR_CAPABILITY_ALIGN.
 */
ASR_API asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* ---- group recognize ------------------------------------------------------------------------------------------ */

/*
 * Converts audio to tokens with log-probabilities and times; asr_lane_get_tokens() returns the tokens. Start times do not
 * decrease. All tokens are text.
 */
ASR_API asr_status asr_lane_recognize(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* ---- group stream --------------------------------------------------------------------------------------------- */

/*
 * A continuous recording that a lane transcribes in order. A stream keeps its state between calls. A lane may have
 * many streams at the same time; each uses its own memory.
 */
typedef struct asr_stream asr_stream;

typedef struct asr_stream_options {
    int32_t  language;    /* [0]  index of the spoken language; -1: any */
    int32_t  task;        /* [4]  ASR_TASK_* */
    float    temperature; /* [8]  0: the most likely token each time; above 0 samples, UNSUPPORTED without
                                  ASR_CAPABILITY_TEMPERATURE */
    uint32_t seed;        /* [12] seed of the random numbers at a temperature above 0 */
    int32_t  threads;     /* [16] number of CPU threads that a call with this stream may use, at least 1 */
    int32_t  reserved;    /* [20] 0 */
} asr_stream_options;     /* 24 bytes */

/* On success *stream is a handle that asr_stream_close() frees. */
ASR_API asr_status asr_stream_open(asr_lane * lane, const asr_stream_options * options, asr_stream ** stream);

/* Frees a stream, which need not have ended. Its lane must still be open. NULL is allowed. */
ASR_API void asr_stream_close(asr_stream * stream);

/* The next samples of one stream. */
typedef struct asr_stream_input {
    asr_stream *             stream;   /* [0]  a stream of this lane; at most once per call */
    const float *            input;    /* [8]  samples, see asr_model_info.input; finite values; may be NULL if n_input is 0 */
    int64_t                  n_input;  /* [16] number of samples, 0 or more; the stream keeps an incomplete step for the next call */
    const volatile int32_t * cancel;   /* [24] flag: another thread sets it to non-zero to stop this stream; may be NULL */
    int32_t                  is_last;  /* [32] non-zero: the recording ends here, and the call returns all remaining tokens */
    int32_t                  reserved; /* [36] 0 */
} asr_stream_input;                    /* 40 bytes */

/*
 * Feeds samples to n different streams of one lane. asr_lane_get_tokens() returns the tokens that became final, by the
 * index of the input. A token may become final several calls after its audio was fed. Token times count from the start of
 * the stream, and start times never decrease. Calls of any size return the same tokens. After the last samples, a cancel
 * or a failure, the stream can only be closed: another feed returns BAD_ARGUMENT.
 */
ASR_API asr_status asr_stream_feed(asr_lane * lane, const asr_stream_input * inputs, int32_t n);

/* ---- accessors: the results of the lane's last call ----------------------------------------------------------- */

/*
 * Results are valid until the lane's next call. Opening or closing a stream does not change them. BAD_ARGUMENT if the
 * call had no chunk or stream with this index.
 */
ASR_API asr_status asr_lane_get_result(const asr_lane * lane, int32_t index, asr_result * result);

/* Copies the tokens of chunk or stream `index` and returns their number. Copies nothing if there are more than `capacity`. */
ASR_API int32_t asr_lane_get_tokens(const asr_lane * lane, int32_t index, asr_token * tokens, int32_t capacity);

/* Copies n_languages probabilities, whose sum is 1, and returns their number. Copies nothing if `capacity` is lower. */
ASR_API int32_t asr_lane_get_language_probs(const asr_lane * lane, int32_t index, float * probs, int32_t capacity);

#ifdef __cplusplus
}
#endif

#endif /* ASR_H */
