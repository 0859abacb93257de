// owner.hpp: the thread that does all MLX work of a model, because the streams of MLX belong to a thread. Lanes post jobs and
// wait for them. Decodings that wait at the same time, of any lanes, run together.
#pragma once

namespace asr {

class owner {
  public:
    using decode_calls = std::vector<decode_call *>;

    // `decode` runs several decodings together. It stores their failures in the calls, and throws no exception.
    explicit owner(std::function<void(const decode_calls &)> decode) : decode_(std::move(decode)), thread_([this] { run_jobs(); }) {}

    owner(const owner &) = delete;
    owner & operator=(const owner &) = delete;

    ~owner() {
        {
            const std::lock_guard lock(mutex_);
            is_over_ = true;
        }
        posted_.notify_one();
        thread_.join();
    }

    // Runs `work` on the thread of the owner, and throws its exception. If is_cancelled() becomes true before the work has
    // started, throws CANCELLED and does not run it.
    template <typename Work, typename IsCancelled> void run(Work && work, IsCancelled && is_cancelled) {
        job posted;
        posted.work = std::forward<Work>(work);
        wait(posted, is_cancelled);
    }

    template <typename Work> void run(Work && work) {
        run(std::forward<Work>(work), [] { return false; });
    }

    template <typename IsCancelled> void decode(decode_call & call, IsCancelled && is_cancelled) {
        job posted;
        posted.call = &call;
        wait(posted, is_cancelled);
    }

  private:
    struct job {
        std::function<void()> work;
        decode_call *         call    = nullptr; // a decoding; `work` is empty
        bool                  is_done = false;
        std::exception_ptr    error;
    };

    template <typename IsCancelled> void wait(job & posted, IsCancelled & is_cancelled) {
        constexpr auto   interval = std::chrono::milliseconds(10); // time between two looks at the cancel flags
        std::unique_lock lock(mutex_);
        queue_.push_back(&posted);
        posted_.notify_one();
        while (!done_.wait_for(lock, interval, [&] { return posted.is_done; })) {
            if (is_cancelled() && std::erase(queue_, &posted) > 0) {
                throw failure(ASR_STATUS_CANCELLED, "Cancelled");
            }
        }
        if (posted.error) {
            std::rethrow_exception(posted.error);
        }
    }

    void run_jobs() {
        std::unique_lock lock(mutex_);
        for (;;) {
            posted_.wait(lock, [&] { return is_over_ || !queue_.empty(); });
            if (queue_.empty()) {
                mx::clear_streams();
                return;
            }
            const std::vector<job *> jobs = take_jobs();
            lock.unlock();
            run_together(jobs);
            lock.lock();
            if (queue_.empty()) {
                mx::clear_cache();
            }
            for (job * done : jobs) {
                done->is_done = true;
            }
            done_.notify_all();
        }
    }

    // Takes the first job. If it is a decoding, takes all other decodings too.
    std::vector<job *> take_jobs() {
        std::vector<job *> jobs = { queue_.front() };
        queue_.erase(queue_.begin());
        if (jobs[0]->call != nullptr) {
            for (job * other : queue_) {
                if (other->call != nullptr) {
                    jobs.push_back(other);
                }
            }
            std::erase_if(queue_, [](const job * other) { return other->call != nullptr; });
        }
        return jobs;
    }

    void run_together(const std::vector<job *> & jobs) {
        try {
            if (jobs[0]->call == nullptr) {
                jobs[0]->work();
                return;
            }
            decode_calls calls;
            for (const job * decoding : jobs) {
                calls.push_back(decoding->call);
            }
            decode_(calls);
        } catch (...) {
            for (job * failed : jobs) {
                failed->error = std::current_exception();
            }
        }
    }

    const std::function<void(const decode_calls &)> decode_;
    std::mutex                                      mutex_;
    std::condition_variable                         posted_, done_;
    std::vector<job *>                              queue_;
    bool                                            is_over_ = false;
    std::thread                                     thread_; // starts last, because it uses the other members
};

} // namespace asr
