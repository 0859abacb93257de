/*
 * asr.h: the one C contract between open-asr-server and every speech recognition engine.
 *
 *   model file -> asr_model_load -> asr_lane_open (one lane per unit of parallel work)
 *     prompted    -> asr_lane_detect_language | asr_lane_decode | asr_lane_align  (chunks of audio)
 *     recognize   -> asr_lane_recognize                                           (chunks of audio)
 *     stream      -> asr_stream_open -> asr_stream_feed, again and again          (audio in order) -> asr_stream_close
 *       -> accessors -> asr_lane_close -> asr_model_free
 *
 * The calls form groups. asr_model_info.groups says which groups a model has; the calls of its other groups return
 * ASR_STATUS_UNSUPPORTED. Each engine is one shared library that exports exactly the functions of this file.
 *
 * The engine implements the work on single tokens: timestamp rules, suppression, beam search, sampling.
 * The caller implements the rest, once for all engines: chunks, fallback, filters, words and text.
 *
 * Conventions
 *   - Audio is mono float32 in [-1, 1]. Times are seconds, from the start of the chunk or of the stream. Token ids are
 *     the model's own.
 *   - A function that can fail returns an asr_status. After a failure asr_last_error() says what happened and what was
 *     expected. No function throws an exception, installs a signal handler or calls exit().
 *   - Handles are opaque. Each kind of handle has one function that frees it. Call it once, and never while another
 *     call on that handle runs.
 *   - Structs are passed by pointer. A call reads and writes them before it returns, and keeps none of their pointers.
 *     They hold only plain fields, so that a caller in another language can lay them out by hand: numbers in brackets
 *     are offsets on 64-bit targets. Fields named `reserved` are 0.
 *   - Threads: any number of lanes may use one model at the same time. One thread at a time may use a lane and its
 *     streams. Calls on lanes block. No other call on a model may run during its asr_model_load or asr_model_free.
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

/* Increase with every incompatible change of this file. The caller checks it before any other call. */
#define ASR_ABI_VERSION 4

typedef int32_t asr_status;

enum {
    ASR_STATUS_OK            = 0,
    ASR_STATUS_BAD_ARGUMENT  = -1, /* the caller broke this contract */
    ASR_STATUS_BAD_MODEL     = -2, /* not a model of this engine, damaged, or of an unknown version */
    ASR_STATUS_UNSUPPORTED   = -3, /* a valid request that this engine or this model cannot carry out */
    ASR_STATUS_OUT_OF_MEMORY = -4,
    ASR_STATUS_CANCELLED     = -5, /* the cancel flag was set; the lane stays usable */
    ASR_STATUS_INTERNAL      = -6, /* the engine failed; the lane stays usable unless asr_last_error() says otherwise */
};

ASR_API int32_t asr_abi_version(void);

/* Name, version and the CPU features that the engine was built for and runs with; a static string, never NULL. */
ASR_API const char * asr_engine_description(void);

/* The message of the last failed call on this thread; "" when none failed. Valid until the next call on this thread. */
ASR_API const char * asr_last_error(void);

/* ---- model ---------------------------------------------------------------------------------------------------- */

typedef struct asr_model asr_model;

enum {
    ASR_DEVICE_CPU = 0,
    ASR_DEVICE_GPU = 1, /* Metal, CUDA, ...: depends on how the library was built; UNSUPPORTED without one */
};

typedef struct asr_model_options {
    const char * path;         /* [0]  UTF-8 path of the model's file or folder; NULL when data is given */
    const void * data;         /* [8]  the model's bytes, for a model in memory; must stay until the load returns */
    int64_t      data_size;    /* [16] bytes */
    int32_t      device;       /* [24] ASR_DEVICE_* */
    int32_t      threads;      /* [28] CPU threads the load may use, at least 1 */
    const char * compute_type; /* [32] number format to compute in, by the engine's own name; NULL: the engine chooses.
                                       UNSUPPORTED when this CPU cannot compute in it, and by an engine that always
                                       computes in the format of the model's file */
} asr_model_options;           /* 40 bytes */

enum {
    ASR_INPUT_PCM_16K     = 0, /* samples at 16 kHz */
    ASR_INPUT_LOG_MEL_80  = 1, /* [80, n_frames] log-mel features, 100 frames a second */
    ASR_INPUT_LOG_MEL_128 = 2, /* [128, n_frames] */
    ASR_INPUT_PCM_24K     = 3, /* samples at 24 kHz */
};

/* The groups of calls that a model supports; a bit mask in asr_model_info.groups, never 0. */
enum {
    ASR_GROUP_PROMPTED  = 1 << 0, /* detect_language, decode, align: an encoder and a decoder that follows a prompt (Whisper) */
    ASR_GROUP_RECOGNIZE = 1 << 1, /* recognize: chunks to tokens with times and log-probabilities (transducers, CTC) */
    ASR_GROUP_STREAM    = 1 << 2, /* asr_stream_*: audio in order, with state between calls (Kyutai) */
};

/* Optional abilities of a model; a bit mask in asr_model_info.capabilities. */
enum {
    ASR_CAPABILITY_DETECT_LANGUAGE = 1 << 0, /* asr_lane_detect_language */
    ASR_CAPABILITY_TRANSLATE       = 1 << 1, /* ASR_TASK_TRANSLATE */
    ASR_CAPABILITY_PROMPT          = 1 << 2, /* asr_chunk.prompt */
    ASR_CAPABILITY_ALIGN           = 1 << 3, /* asr_lane_align */
    ASR_CAPABILITY_BEAM            = 1 << 4, /* asr_chunk.beam_size above 1 changes the search */
    ASR_CAPABILITY_TIMESTAMPS      = 1 << 5, /* asr_lane_decode can give timestamp tokens */
    ASR_CAPABILITY_TEMPERATURE     = 1 << 6, /* a temperature above 0 samples */
};

typedef struct asr_model_info {
    int32_t input;                 /* [0]  ASR_INPUT_*: what asr_chunk.input and asr_stream_input.input must hold */
    int32_t capabilities;          /* [4]  ASR_CAPABILITY_* */
    int32_t n_vocab;               /* [8]  token ids are 0 .. n_vocab - 1 */
    int32_t n_languages;           /* [12] at least 1 */
    int32_t n_prompt_max;          /* [16] a longer prompt loses its first tokens; 0 without ASR_CAPABILITY_PROMPT */
    int32_t token_text_end;        /* [20] smaller ids are text */
    int32_t token_timestamp_begin; /* [24] id of timestamp 0; -1: no timestamp tokens */
    float   timestamp_step_s;      /* [28] seconds between one timestamp id and the next; 0: no timestamp tokens */
    float   window_max_s;          /* [32] longest chunk, and the encoder's full window; 0: the model takes no chunks */
    float   window_step_s;         /* [36] granularity of asr_chunk.window_s; 0: the window cannot be chosen */
    int32_t groups;                /* [40] ASR_GROUP_* */
    float   frame_s;               /* [44] resolution of token times in recognize and stream; 0 without these groups */
} asr_model_info;                  /* 48 bytes */

/*
 * Reads a model into memory. On success *model is a handle for asr_model_free().
 * BAD_MODEL: not this engine's format, cut short, or of impossible dimensions. UNSUPPORTED: the device or compute type.
 */
ASR_API asr_status asr_model_load(const asr_model_options * options, asr_model ** model);

/* Frees a model; all of its lanes must be closed. NULL is allowed. */
ASR_API void asr_model_free(asr_model * model);

ASR_API asr_status asr_model_get_info(const asr_model * model, asr_model_info * info);

/*
 * The code of language 0 <= index < n_languages as the model spells it; NULL beyond. Lives as long as the model. The caller
 * translates it: Whisper has a withdrawn code ("jw") for Javanese.
 */
ASR_API const char * asr_model_get_language(const asr_model * model, int32_t index);

/*
 * Copies the bytes that a token stands for and returns their number; copies nothing when they exceed capacity. The bytes
 * of one token may end inside a UTF-8 character: join tokens before decoding. Timestamps and control tokens have 0 bytes.
 * In languages that put spaces between words, the space belongs to the first token of the word after it. To turn text into
 * a prompt's tokens, join bytes by BPE over the same vocabulary: of two pairs that can be joined, the pair whose token has
 * the lower id is joined first (as in OpenAI's tiktoken).
 * BAD_ARGUMENT for an id outside the vocabulary.
 */
ASR_API int32_t asr_model_get_token_bytes(const asr_model * model, int32_t id, uint8_t * bytes, int32_t capacity);

/* ---- lane ----------------------------------------------------------------------------------------------------- */

/* One unit of parallel work on a model: its activations, caches and random numbers. */
typedef struct asr_lane asr_lane;

ASR_API asr_status asr_lane_open(asr_model * model, asr_lane ** lane);

/* Frees a lane; all of its streams must be closed. NULL is allowed. */
ASR_API void asr_lane_close(asr_lane * lane);

enum {
    ASR_TASK_TRANSCRIBE = 0,
    ASR_TASK_TRANSLATE  = 1, /* into English; UNSUPPORTED without ASR_CAPABILITY_TRANSLATE */
};

/*
 * One span of audio, at most window_max_s long, and how to treat it. detect_language, decode and align check every field;
 * recognize reads input, n_input, cancel, id, language and threads alone.
 */
typedef struct asr_chunk {
    const float *            input;       /* [0]  as asr_model_info.input says; finite values */
    int64_t                  n_input;     /* [8]  samples or frames, at least 1 */
    const volatile int32_t * cancel;      /* [16] flag: another thread sets it to non-zero to stop this chunk; may be NULL */
    const int32_t *          prompt;      /* [24] decode: tokens of the text before the chunk */
    const int32_t *          tokens;      /* [32] align: the text tokens to time */
    int32_t                  n_prompt;    /* [40] */
    int32_t                  n_tokens;    /* [44] */
    int64_t                  id;          /* [48] non-zero identifies the audio: a call may reuse what the lane's last call
                                                  computed for the same id and window (the encoder's output) */
    float                    window_s;    /* [56] seconds that the encoder processes, the chunk included; rounded up to
                                                  window_step_s */
    int32_t                  language;    /* [60] index of the spoken language; recognize: -1 when it is not known */
    int32_t                  task;        /* [64] ASR_TASK_* */
    int32_t                  timestamps;  /* [68] non-zero: decode timestamp tokens too */
    float                    temperature; /* [72] 0: beam search; above 0: the best of several samples */
    int32_t                  beam_size;   /* [76] beams at temperature 0, 1 is greedy, at most 8 */
    int32_t                  best_of;     /* [80] samples at a temperature above 0, at most 8 */
    uint32_t                 seed;        /* [84] of the random numbers at a temperature above 0 */
    int32_t                  threads;     /* [88] CPU threads that the call may use, at least 1 */
    int32_t                  reserved;    /* [92] 0 */
} asr_chunk;                              /* 96 bytes */

/* The result of a lane's last call for one chunk or stream. Fields that the call does not compute are 0. */
typedef struct asr_result {
    asr_status status;         /* [0]  of this chunk or stream; the others of the call are unaffected */
    int32_t    n_tokens;       /* [4]  decode: decoded tokens without end-of-text; align: timed tokens; recognize: tokens
                                       of the chunk; stream: tokens that became final in this call */
    float      avg_logprob;    /* [8]  decode: (sum of the tokens' log-probabilities, end-of-text included) / (n_tokens + 1);
                                       recognize, stream: mean of the n_tokens log-probabilities, 0 without tokens */
    float      no_speech_prob; /* [12] decode: probability of the no-speech token at the start of the transcript */
    float      window_s;       /* [16] detect_language, decode, align: the window that was used */
    int32_t    is_complete;    /* [20] decode, recognize: 0 when the length limit cut the text off, else 1;
                                       stream: 1 when is_last was set, so that no more tokens come */
} asr_result;                  /* 24 bytes */

typedef struct asr_token {
    int32_t id;      /* [0] */
    float   logprob; /* [4]  decode, recognize, stream: natural logarithm, over the allowed tokens, at temperature 1 */
    float   start_s; /* [8]  align, recognize, stream: when the token starts and ends */
    float   end_s;   /* [12] */
} asr_token;         /* 16 bytes */

/*
 * Each call below works through n >= 1 chunks (or streams), computes them together where the engine can, and returns the
 * first failure among them, or OK. asr_lane_get_result() has the status of each. When an argument of any of them breaks
 * this contract in a way that the call can see before it computes, it returns BAD_ARGUMENT and computes nothing.
 */

/* ---- group prompted ------------------------------------------------------------------------------------------- */

/*
 * Computes the probability of each language; read it with asr_lane_get_language_probs(). UNSUPPORTED without
 * ASR_CAPABILITY_DETECT_LANGUAGE.
 */
ASR_API asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* Audio to tokens, with log-probabilities and without times; read with asr_lane_get_tokens(). */
ASR_API asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/*
 * Times of given text tokens, from the decoder's attention to the audio; read with asr_lane_get_tokens().
 * UNSUPPORTED without ASR_CAPABILITY_ALIGN.
 */
ASR_API asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* ---- group recognize ------------------------------------------------------------------------------------------ */

/*
 * Audio to tokens, with log-probabilities and times; read with asr_lane_get_tokens(). Start times do not decrease. All
 * tokens are text.
 */
ASR_API asr_status asr_lane_recognize(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* ---- group stream --------------------------------------------------------------------------------------------- */

/*
 * One continuous recording that a lane transcribes in order. A stream keeps its state between calls. A lane may have
 * many streams at once; each uses its own memory.
 */
typedef struct asr_stream asr_stream;

typedef struct asr_stream_options {
    int32_t  language;    /* [0]  index of the spoken language; -1: any */
    int32_t  task;        /* [4]  ASR_TASK_* */
    float    temperature; /* [8]  0: the most likely token each time; above 0 samples, UNSUPPORTED without
                                  ASR_CAPABILITY_TEMPERATURE */
    uint32_t seed;        /* [12] of the random numbers at a temperature above 0 */
    int32_t  threads;     /* [16] CPU threads that a call with this stream may use, at least 1 */
    int32_t  reserved;    /* [20] 0 */
} asr_stream_options;     /* 24 bytes */

/* On success *stream is a handle for asr_stream_close(). */
ASR_API asr_status asr_stream_open(asr_lane * lane, const asr_stream_options * options, asr_stream ** stream);

/* Frees a stream, whether or not it was fed to its end; its lane must still be open. NULL is allowed. */
ASR_API void asr_stream_close(asr_stream * stream);

/* The next samples of one stream. */
typedef struct asr_stream_input {
    asr_stream *             stream;   /* [0]  of this lane; once per call */
    const float *            input;    /* [8]  as asr_model_info.input says; finite values; may be NULL when n_input is 0 */
    int64_t                  n_input;  /* [16] any number of samples, 0 too: the stream keeps the remainder of a step */
    const volatile int32_t * cancel;   /* [24] flag: another thread sets it to non-zero to stop this stream; may be NULL */
    int32_t                  is_last;  /* [32] non-zero: the recording ends here; flushes all tokens of it */
    int32_t                  reserved; /* [36] 0 */
} asr_stream_input;                    /* 40 bytes */

/*
 * Feeds n different streams of one lane, and gives the tokens that became final; read them with asr_lane_get_tokens(),
 * by the index of the input. Tokens may become final later than their audio was fed; their times are those of the audio,
 * from the start of the stream, and start times do not decrease over a stream's calls. How the samples are divided into
 * calls changes no token. A stream whose feed was cancelled or failed, and one that was fed its last samples, can only
 * be closed: feeding it is a BAD_ARGUMENT.
 */
ASR_API asr_status asr_stream_feed(asr_lane * lane, const asr_stream_input * inputs, int32_t n);

/* ---- accessors: the results of the lane's last call ----------------------------------------------------------- */

/*
 * Results are valid until the lane's next call; opening or closing a stream does not change them. BAD_ARGUMENT for an
 * index outside that call.
 */
ASR_API asr_status asr_lane_get_result(const asr_lane * lane, int32_t index, asr_result * result);

/* Copies the n_tokens tokens of chunk or stream `index` and returns their number; copies nothing when they exceed capacity. */
ASR_API int32_t asr_lane_get_tokens(const asr_lane * lane, int32_t index, asr_token * tokens, int32_t capacity);

/* Copies n_languages probabilities (their sum is 1) and returns their number; copies nothing when they exceed capacity. */
ASR_API int32_t asr_lane_get_language_probs(const asr_lane * lane, int32_t index, float * probs, int32_t capacity);

#ifdef __cplusplus
}
#endif

#endif /* ASR_H */
