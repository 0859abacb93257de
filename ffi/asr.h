/*
 * asr.h: the one C contract between open-asr-server and every speech recognition engine.
 *
 *   model file -> asr_model_load -> asr_lane_open (one per place of work)
 *     -> asr_lane_detect_language | asr_lane_decode | asr_lane_align  (a batch of chunks each)
 *     -> accessors -> asr_lane_close -> asr_model_free
 *
 * An engine's shim is one shared library that exports exactly these functions. What acts at every token
 * (timestamp rules, suppression, beam search, sampling) lives behind them; what judges a result (windows,
 * fallback, filters, words, text) lives in front of them, once for all engines.
 *
 * Conventions
 *   - Audio is mono float32 in [-1, 1]; times are seconds from the start of the chunk; token ids are the model's.
 *   - Functions that can fail return an asr_status; on failure asr_last_error() says what happened and what was
 *     expected. No exception, signal handler or exit() crosses this border.
 *   - Handles are opaque. A handle is freed by its own function, once, and never while a call on it runs.
 *   - Structs are passed by pointer, are read or written before the call returns, and hold only plain fields, so that
 *     a caller in another language can lay them out by hand: offsets are given in brackets, for 64-bit targets.
 *   - Threads: a model may be used by any number of lanes at once, one thread per lane at a time. Calls on lanes
 *     block. asr_model_load and asr_model_free must not run beside any other call on that model.
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

/* Changes with every incompatible change of this file; compared by the caller before anything else is called. */
#define ASR_ABI_VERSION 3

typedef int32_t asr_status;

enum {
    ASR_STATUS_OK            = 0,
    ASR_STATUS_BAD_ARGUMENT  = -1, /* the caller broke this contract */
    ASR_STATUS_BAD_MODEL     = -2, /* not a model of this engine, damaged, or of an unknown version */
    ASR_STATUS_UNSUPPORTED   = -3, /* well formed, but this engine or this model cannot do it */
    ASR_STATUS_OUT_OF_MEMORY = -4,
    ASR_STATUS_CANCELLED     = -5, /* the chunk's cancel word was set; the lane stays usable */
    ASR_STATUS_INTERNAL      = -6, /* the engine failed; the lane stays usable unless it says otherwise */
};

ASR_API int32_t asr_abi_version(void);

/* Name, version and the CPU features the engine was built for and runs with; static, never NULL. */
ASR_API const char * asr_engine_description(void);

/* What the last failed call on this thread has to say; "" when none failed. Valid until the next call on this thread. */
ASR_API const char * asr_last_error(void);

/* ---- model ---------------------------------------------------------------------------------------------------- */

typedef struct asr_model asr_model;

enum {
    ASR_DEVICE_CPU = 0,
    ASR_DEVICE_GPU = 1, /* Metal, CUDA, ... as the library was built; UNSUPPORTED where there is none */
};

typedef struct asr_model_options {
    const char * path;         /* [0]  UTF-8 path of the model's file or folder; NULL when data is given */
    const void * data;         /* [8]  the model's bytes, for models that live in memory; must stay until the load returns */
    int64_t      data_size;    /* [16] bytes */
    int32_t      device;       /* [24] ASR_DEVICE_* */
    int32_t      threads;      /* [28] CPU threads the load may use, at least 1 */
    const char * compute_type; /* [32] number format to compute in, by the engine's own name for it; NULL: the engine's choice.
                                       UNSUPPORTED when this CPU cannot do it, or the engine computes in its file's format */
} asr_model_options;           /* 40 bytes */

enum {
    ASR_INPUT_PCM_16K     = 0, /* samples at 16 kHz */
    ASR_INPUT_LOG_MEL_80  = 1, /* [80, n_frames] log-mel features, 100 frames a second */
    ASR_INPUT_LOG_MEL_128 = 2, /* [128, n_frames] */
    ASR_INPUT_PCM_24K     = 3, /* samples at 24 kHz */
};

/* What a model can do; asr_model_info.capabilities. */
enum {
    ASR_CAPABILITY_DETECT_LANGUAGE = 1 << 0,
    ASR_CAPABILITY_TRANSLATE       = 1 << 1,
    ASR_CAPABILITY_PROMPT          = 1 << 2,
    ASR_CAPABILITY_ALIGN           = 1 << 3,
    ASR_CAPABILITY_BEAM            = 1 << 4,
    ASR_CAPABILITY_TIMESTAMPS      = 1 << 5, /* decoded tokens include timestamp tokens */
};

typedef struct asr_model_info {
    int32_t input;                 /* [0]  ASR_INPUT_*: what asr_chunk.input must hold */
    int32_t capabilities;          /* [4]  ASR_CAPABILITY_* */
    int32_t n_vocab;               /* [8]  token ids are 0 .. n_vocab - 1 */
    int32_t n_languages;           /* [12] at least 1 */
    int32_t n_prompt_max;          /* [16] prompt tokens beyond this many are dropped from the front */
    int32_t token_text_end;        /* [20] ids below it are text */
    int32_t token_timestamp_begin; /* [24] id of timestamp 0; -1: no timestamp tokens */
    float   timestamp_step_s;      /* [28] seconds between one timestamp id and the next */
    float   window_max_s;          /* [32] longest chunk, and the encoder's full window */
    float   window_step_s;         /* [36] granularity of asr_chunk.window_s; 0: the window cannot be chosen */
} asr_model_info;                  /* 40 bytes */

/*
 * Reads a model into memory. On success *model is a handle for asr_model_free().
 * BAD_MODEL: not this engine's format, cut short, or of impossible dimensions. UNSUPPORTED: the device or compute type.
 */
ASR_API asr_status asr_model_load(const asr_model_options * options, asr_model ** model);

/* Frees a model all of whose lanes are closed; NULL is allowed. */
ASR_API void asr_model_free(asr_model * model);

ASR_API asr_status asr_model_get_info(const asr_model * model, asr_model_info * info);

/* ISO 639-1 code (639-3 where there is none) of language 0 <= index < n_languages; NULL beyond. Lives as long as the model. */
ASR_API const char * asr_model_get_language(const asr_model * model, int32_t index);

/*
 * Copies the bytes a token stands for and returns how many there are; copies nothing when they exceed capacity.
 * Bytes of one token may end inside a UTF-8 character: join tokens before decoding. Timestamps and control tokens have 0 bytes.
 * Text is cut by the same bytes: of two tokens that can be joined, the one of the lower id is (BPE, as OpenAI's tiktoken has it).
 * BAD_ARGUMENT for an id outside the vocabulary.
 */
ASR_API int32_t asr_model_get_token_bytes(const asr_model * model, int32_t id, uint8_t * bytes, int32_t capacity);

/* ---- lane ----------------------------------------------------------------------------------------------------- */

/* One independent place of work on a model: its activations, caches and random numbers. */
typedef struct asr_lane asr_lane;

ASR_API asr_status asr_lane_open(asr_model * model, asr_lane ** lane);

/* Frees a lane; NULL is allowed. */
ASR_API void asr_lane_close(asr_lane * lane);

enum {
    ASR_TASK_TRANSCRIBE = 0,
    ASR_TASK_TRANSLATE  = 1, /* into English */
};

/* One span of audio, at most window_max_s long, and how to treat it. */
typedef struct asr_chunk {
    const float *            input;       /* [0]  as asr_model_info.input says; finite values */
    int64_t                  n_input;     /* [8]  samples or frames */
    const volatile int32_t * cancel;      /* [16] a word another thread sets non-zero to stop this chunk; may be NULL */
    const int32_t *          prompt;      /* [24] tokens of the text before it; decode only */
    const int32_t *          tokens;      /* [32] text tokens whose times are wanted; align only */
    int32_t                  n_prompt;    /* [40] */
    int32_t                  n_tokens;    /* [44] */
    int64_t                  id;          /* [48] non-zero names the audio: what the lane computed for this id and window in
                                                  its last call (the encoder's output) may serve again */
    float                    window_s;    /* [56] seconds the encoder sees, chunk included; rounded up to window_step_s */
    int32_t                  language;    /* [60] index of the language spoken */
    int32_t                  task;        /* [64] ASR_TASK_* */
    int32_t                  timestamps;  /* [68] non-zero: decode timestamp tokens too */
    float                    temperature; /* [72] 0: beam search; above: the best of several samples */
    int32_t                  beam_size;   /* [76] beams at temperature 0, 1 is greedy, at most 8 */
    int32_t                  best_of;     /* [80] samples at a temperature above 0, at most 8 */
    uint32_t                 seed;        /* [84] of the random numbers at a temperature above 0 */
    int32_t                  threads;     /* [88] CPU threads the call may use, at least 1 */
    int32_t                  reserved;    /* [92] 0 */
} asr_chunk;                              /* 96 bytes */

/* What a lane's last call found for one of its chunks. Fields that the call does not compute are 0. */
typedef struct asr_result {
    asr_status status;         /* [0]  of this chunk; others of the batch are unaffected */
    int32_t    n_tokens;       /* [4]  decode: tokens decoded, end-of-text excluded; align: tokens timed */
    float      avg_logprob;    /* [8]  decode: (sum of the tokens' log-probabilities, end-of-text included) / (n_tokens + 1) */
    float      no_speech_prob; /* [12] decode: probability of the no-speech token at the start of the transcript */
    float      window_s;       /* [16] the window used */
    int32_t    is_complete;    /* [20] decode: 1 when end-of-text was reached, 0 when the length limit was */
} asr_result;                  /* 24 bytes */

typedef struct asr_token {
    int32_t id;      /* [0] */
    float   logprob; /* [4]  decode: natural logarithm, over the allowed tokens, at temperature 1 */
    float   start_s; /* [8]  align: when the token starts and ends */
    float   end_s;   /* [12] */
} asr_token;         /* 16 bytes */

/*
 * Each call works through n chunks and returns the first failure among them, or OK; asr_lane_get_result() has the
 * status of each. BAD_ARGUMENT concerns the whole call: nothing was computed.
 */

/* How likely each language is; read with asr_lane_get_language_probs(). UNSUPPORTED when the model cannot tell. */
ASR_API asr_status asr_lane_detect_language(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* Audio to tokens; read with asr_lane_get_tokens(). */
ASR_API asr_status asr_lane_decode(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* Times of given text tokens, from the decoder's attention to the audio; read with asr_lane_get_tokens(). */
ASR_API asr_status asr_lane_align(asr_lane * lane, const asr_chunk * chunks, int32_t n);

/* Results of the lane's last call; they last until its next. BAD_ARGUMENT for an index outside that call. */
ASR_API asr_status asr_lane_get_result(const asr_lane * lane, int32_t index, asr_result * result);

/* Copies the n_tokens tokens of chunk index and returns how many there are; copies nothing when they exceed capacity. */
ASR_API int32_t asr_lane_get_tokens(const asr_lane * lane, int32_t index, asr_token * tokens, int32_t capacity);

/* Copies n_languages probabilities (their sum is 1) and returns how many there are; copies nothing when they exceed capacity. */
ASR_API int32_t asr_lane_get_language_probs(const asr_lane * lane, int32_t index, float * probs, int32_t capacity);

#ifdef __cplusplus
}
#endif

#endif /* ASR_H */
