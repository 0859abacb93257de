// scheduler.hpp: divides the CPU threads of a model among its lanes, and joins the chunks that wait for the decoder. A decoder
// reads all of its weights in each step, and reads them once for all chunks of a batch.
//
// A decoder may decode only a step of each chunk of a batch. Then the chunks wait again, and the next batch has new chunks too,
// without those that have ended. So the batches stay large when chunks begin and end at different times.
//
// Each chunk is due some time after its arrival: a fraction of the length of the audio that its file still has. So chunks of short
// files are first, and those of long files do not starve. A thread that works on a chunk lets chunks pass that are due much earlier.
// A decoder lets the encoders of chunks pass that are due at about the same time, because these chunks can then join its batch.
#pragma once

namespace asr {

struct encoding;

// What a decoder keeps of a chunk between two steps.
struct decoder_progress {
    virtual ~decoder_progress() = default;
};

// A chunk that waits for the decoder, or is decoded. It belongs to the call of its lane.
struct decode_job {
    const asr_chunk *                 chunk;
    const encoding *                  encoded;
    std::vector<int32_t>              prompt;
    double                            due_s = 0.0; // the same for all jobs of a call, because a call does not let itself pass
    chunk_result                      result;
    float                             decoder_s = 0.0f; // its share of the time of its batches
    std::exception_ptr                error;
    std::unique_ptr<decoder_progress> progress;
    bool                              is_over = false; // set by the decoder: the job has a result or an error

    enum { waiting, running, done } state = waiting;
};

class scheduler {
  public:
    using batch = std::vector<decode_job *>;

    // The threads that work on a chunk or a batch.
    struct share {
        int32_t n;
        double  due_s;
    };

    // How the decoder works.
    struct batch_rules {
        size_t                                                      batch_max;  // maximum number of jobs of a batch
        bool                                                        uses_steps; // it does not decode a batch to its end at once
        std::function<bool(const decode_job &, const decode_job &)> is_alike;   // whether two jobs can be in one batch
    };

    scheduler(int32_t n_threads, batch_rules rules) : n_threads_(n_threads), n_free_(n_threads), rules_(std::move(rules)) {}

    // Returns when a chunk that arrives now is due, in seconds, if its file still has `remaining_s` seconds of audio.
    static double due_of(double remaining_s) {
        constexpr double longest_s = 60.0;
        const double     wait_s    = wait_per_s * std::min(longest_s, remaining_s);
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count() + wait_s;
    }

    // Runs work(share) with at least one thread and at most `n_wanted`. Throws CANCELLED if the chunk is cancelled before that.
    template <typename Work> auto with_threads(int32_t n_wanted, double due_s, const asr_chunk & chunk, Work && work) {
        share           taken = take_threads(n_wanted, due_s, chunk);
        const give_back later{ *this, taken };
        return work(taken);
    }

    // Returns when all jobs are done. Runs decode(batch, share) for batches of them and of the jobs of other lanes; the calls of
    // other lanes may decode jobs of this one. `decode` throws an exception if a whole batch failed. Jobs of a batch that are not
    // over after it wait again.
    template <typename Decode> void decode_all(std::vector<decode_job> & jobs, Decode && decode) {
        std::unique_lock lock(mutex_);
        for (decode_job & job : jobs) {
            if (job.state == decode_job::waiting) {
                waiting_.push_back(&job);
            }
        }
        while (!are_done(jobs)) {
            drop_cancelled(jobs);
            if (waiting_.empty() || n_free_ == 0 || has_encoder_before(first_due_s()) || should_join_running()) {
                changed_.wait_for(lock, poll_interval);
                continue;
            }
            const batch taken = take_batch();
            share       own   = { 1, taken[0]->due_s };
            --n_free_;
            const auto running = running_.insert(running_.end(), own.due_s);
            lock.unlock();
            const stopwatch          watch;
            const std::exception_ptr error  = failure_of([&] { decode(taken, own); });
            const float              each_s = watch.seconds() / static_cast<float>(taken.size());
            lock.lock();
            n_free_ += own.n;
            running_.erase(running);
            give_back_batch(taken, error, each_s);
        }
    }

    // Call this function between the steps of a work. If a chunk waits that is due much earlier, gives the threads of the work to
    // it, and returns when the work has a thread again. May change the number of threads.
    void let_pass(share & own) {
        std::unique_lock lock(mutex_);
        if (!has_waiter_before(own.due_s - margin_s)) {
            return;
        }
        const int32_t n_wanted = own.n;
        n_free_ += std::exchange(own.n, 0);
        changed_.notify_all();
        while (n_free_ == 0 || has_waiter_before(own.due_s - margin_s)) {
            changed_.wait_for(lock, poll_interval);
        }
        own.n = std::min(n_wanted, n_free_);
        n_free_ -= own.n;
    }

  private:
    struct encoder {
        const asr_chunk * chunk;
        double            due_s;
    };

    static constexpr double wait_per_s    = 0.2; // with more, the slowest of many clips wait longer, and the shortest less
    static constexpr auto   poll_interval = std::chrono::milliseconds(10); // time between two looks
    static constexpr double margin_s      = 2.0; // chunks whose due times differ by less do not let each other pass
    static constexpr double company_s     = 8.0; // chunks that are due at most so much later can join a batch

    struct give_back {
        scheduler & owner;
        share &     taken;

        ~give_back() {
            const std::lock_guard lock(owner.mutex_);
            owner.n_free_ += taken.n;
            --owner.n_encoding_;
            owner.changed_.notify_all();
        }
    };

    share take_threads(int32_t n_wanted, double due_s, const asr_chunk & chunk) {
        std::unique_lock lock(mutex_);
        const auto       own = encoders_.insert(encoders_.end(), { &chunk, due_s });
        while (n_free_ == 0 || is_behind(*own)) {
            changed_.wait_for(lock, poll_interval);
            if (is_cancelled(chunk)) {
                encoders_.erase(own);
                changed_.notify_all();
                throw failure(ASR_STATUS_CANCELLED, "Cancelled");
            }
        }
        encoders_.erase(own);
        const int32_t n = encoders_.empty() && waiting_.empty() ? std::min(n_free_, n_wanted) : 1;
        n_free_ -= n;
        ++n_encoding_;
        changed_.notify_all();
        return { n, due_s };
    }

    // Returns whether another encoder, or a job that does not wait for this encoder, is before this encoder.
    bool is_behind(const encoder & own) const {
        return std::any_of(encoders_.begin(), encoders_.end(), [&](const encoder & other) { return other.due_s < own.due_s; }) ||
               std::any_of(waiting_.begin(), waiting_.end(),
                           [&](const decode_job * job) { return job->due_s + company_s < own.due_s; });
    }

    bool has_encoder_before(double due_s) const {
        return std::any_of(encoders_.begin(), encoders_.end(),
                           [&](const encoder & other) { return other.due_s <= due_s + company_s; });
    }

    bool has_waiter_before(double due_s) const {
        return std::any_of(encoders_.begin(), encoders_.end(), [&](const encoder & other) { return other.due_s < due_s; }) ||
               std::any_of(waiting_.begin(), waiting_.end(), [&](const decode_job * job) { return job->due_s < due_s; });
    }

    // Returns the number of chunks for each thread.
    size_t fair_size() const {
        return (encoders_.size() + n_encoding_ + waiting_.size() + n_decoding_) / static_cast<size_t>(n_threads_);
    }

    // Few chunks wait until a running decoder can take them after its step, if other chunks can use the threads.
    bool should_join_running() const {
        return rules_.uses_steps && waiting_.size() < fair_size() &&
               std::any_of(running_.begin(), running_.end(), [&](double due_s) { return first_due_s() <= due_s + company_s; });
    }

    double first_due_s() const {
        return (*std::min_element(waiting_.begin(), waiting_.end(), is_due_before))->due_s;
    }

    static bool is_due_before(const decode_job * a, const decode_job * b) { return a->due_s < b->due_s; }

    // Takes the job that is due first, and those that are alike and due at about the same time. Leaves jobs to the other free
    // threads.
    batch take_batch() {
        std::stable_sort(waiting_.begin(), waiting_.end(), is_due_before);
        batch taken;
        for (decode_job * job : waiting_) {
            if (job->due_s <= waiting_[0]->due_s + company_s && rules_.is_alike(*waiting_[0], *job)) {
                taken.push_back(job);
            }
        }
        const size_t smallest  = rules_.uses_steps ? std::max<size_t>(1, fair_size()) : 1;
        const size_t n_batches = std::clamp<size_t>(taken.size() / smallest, 1, static_cast<size_t>(n_free_));
        taken.resize(std::min(rules_.batch_max, (taken.size() + n_batches - 1) / n_batches));
        n_decoding_ += taken.size();
        for (decode_job * job : taken) {
            job->state = decode_job::running;
            waiting_.erase(std::find(waiting_.begin(), waiting_.end(), job));
        }
        return taken;
    }

    void give_back_batch(const batch & taken, const std::exception_ptr & error, float each_s) {
        bool one_is_done = false;
        n_decoding_ -= taken.size();
        for (decode_job * job : taken) {
            job->decoder_s += each_s;
            if (error && !job->is_over) {
                job->is_over = true;
                job->error   = error;
            }
            job->state  = job->is_over ? decode_job::done : decode_job::waiting;
            one_is_done = one_is_done || job->is_over;
            if (!job->is_over) {
                waiting_.push_back(job);
            }
        }
        const bool others_can_take = n_free_ > 1 && waiting_.size() > 1;
        if (one_is_done || others_can_take || !encoders_.empty()) {
            changed_.notify_all();
        }
    }

    void drop_cancelled(std::vector<decode_job> & jobs) {
        for (decode_job & job : jobs) {
            if (job.state == decode_job::waiting && is_cancelled(*job.chunk)) {
                waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &job));
                job.state = decode_job::done;
                job.error = std::make_exception_ptr(failure(ASR_STATUS_CANCELLED, "Cancelled"));
                changed_.notify_all();
            }
        }
    }

    static bool are_done(const std::vector<decode_job> & jobs) {
        return std::all_of(jobs.begin(), jobs.end(), [](const decode_job & job) { return job.state == decode_job::done; });
    }

    template <typename Work> static std::exception_ptr failure_of(Work && work) {
        try {
            work();
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    }

    std::mutex                mutex_;
    std::condition_variable   changed_;
    const int32_t             n_threads_;
    int32_t                   n_free_;
    const batch_rules         rules_;
    std::list<encoder>        encoders_; // chunks that wait for a thread
    std::vector<decode_job *> waiting_;
    size_t                    n_encoding_ = 0; // chunks for which with_threads() works
    std::list<double>         running_;        // for each running batch, when it is due
    size_t                    n_decoding_ = 0; // number of jobs in running batches
};

} // namespace asr
