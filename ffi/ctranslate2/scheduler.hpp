// scheduler.hpp: divides the CPU threads of a model among its lanes, and joins the chunks that wait for the decoder. A decoder
// reads all of its weights in each step, and reads them once for all chunks of a batch.
//
// Each chunk is due some time after its arrival: a fraction of the length of the audio that its file still has. So chunks of short
// files are first, and those of long files do not starve. A thread that works on a chunk lets chunks pass that are due much earlier.
// A decoder lets the encoders of chunks pass that are due at about the same time, because these chunks can then join its batch.
#pragma once

namespace asr {

struct encoding;

// A chunk that waits for the decoder, or is decoded. It belongs to the call of its lane.
struct decode_job {
    const asr_chunk *   chunk;
    const encoding *    encoded;
    std::vector<size_t> prompt;
    double              due_s = 0.0; // the same for all jobs of a call, because a call does not let itself pass
    chunk_result        result;
    float               decoder_s = 0.0f; // its share of the time of its batch
    std::exception_ptr  error;

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

    // `is_alike` returns whether two jobs can be in one batch. `batch_max` is the maximum number of jobs of a batch.
    scheduler(int32_t n_threads, size_t batch_max, std::function<bool(const decode_job &, const decode_job &)> is_alike)
        : n_free_(n_threads), batch_max_(batch_max), is_alike_(std::move(is_alike)) {}

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

    // Returns when all jobs are done. Runs decode(batch, share) for batches with at least one of them. The calls of other lanes may
    // decode some of these jobs, and this call may decode jobs of theirs. `decode` throws an exception if a whole batch failed.
    template <typename Decode> void decode_all(std::vector<decode_job> & jobs, Decode && decode) {
        std::unique_lock lock(mutex_);
        for (decode_job & job : jobs) {
            if (job.state == decode_job::waiting) {
                waiting_.push_back(&job);
            }
        }
        while (!are_done(jobs)) {
            drop_cancelled(jobs);
            decode_job * const first = first_waiting(jobs);
            if (first == nullptr || n_free_ == 0 || has_encoder_before(first->due_s)) {
                changed_.wait_for(lock, poll_interval);
                continue;
            }
            const batch taken = take_batch(*first);
            share       own   = { 1, first->due_s };
            --n_free_;
            lock.unlock();
            const stopwatch          watch;
            const std::exception_ptr error    = failure_of([&] { decode(taken, own); });
            const float              each_s = watch.seconds() / static_cast<float>(taken.size());
            lock.lock();
            n_free_ += own.n;
            for (decode_job * job : taken) {
                job->state     = decode_job::done;
                job->decoder_s = each_s;
                if (error && !job->error) {
                    job->error = error;
                }
            }
            changed_.notify_all();
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
        changed_.wait(lock, [&] { return n_free_ > 0 && !has_waiter_before(own.due_s - margin_s); });
        own.n = std::min(n_wanted, n_free_);
        n_free_ -= own.n;
    }

  private:
    struct encoder {
        const asr_chunk * chunk;
        double            due_s;
    };

    static constexpr double wait_per_s    = 0.2; // with more, the slowest of many clips wait longer, and the shortest less
    static constexpr auto   poll_interval = std::chrono::milliseconds(10); // time between two looks at the cancel flags
    static constexpr double margin_s      = 2.0; // chunks whose due times differ by less do not let each other pass
    static constexpr double company_s     = 8.0; // a decoder waits for encoders of chunks that are due at most so much later

    struct give_back {
        scheduler & owner;
        share &     taken;

        ~give_back() {
            const std::lock_guard lock(owner.mutex_);
            owner.n_free_ += taken.n;
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

    // Takes a job and those that are alike. Leaves jobs to the other free threads.
    batch take_batch(decode_job & first) {
        batch taken = { &first };
        for (decode_job * job : waiting_) {
            if (job != &first && is_alike_(first, *job)) {
                taken.push_back(job);
            }
        }
        const auto n_free = static_cast<size_t>(n_free_);
        taken.resize(std::min(batch_max_, (taken.size() + n_free - 1) / n_free));
        for (decode_job * job : taken) {
            job->state = decode_job::running;
            waiting_.erase(std::find(waiting_.begin(), waiting_.end(), job));
        }
        return taken;
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

    static decode_job * first_waiting(std::vector<decode_job> & jobs) {
        const auto found =
            std::find_if(jobs.begin(), jobs.end(), [](const decode_job & job) { return job.state == decode_job::waiting; });
        return found == jobs.end() ? nullptr : &*found;
    }

    template <typename Work> static std::exception_ptr failure_of(Work && work) {
        try {
            work();
            return nullptr;
        } catch (...) {
            return std::current_exception();
        }
    }

    std::mutex                                                        mutex_;
    std::condition_variable                                           changed_;
    int32_t                                                           n_free_;
    const size_t                                                      batch_max_;
    const std::function<bool(const decode_job &, const decode_job &)> is_alike_;
    std::list<encoder>                                                encoders_; // chunks that wait for a thread
    std::vector<decode_job *>                                         waiting_;
};

} // namespace asr
