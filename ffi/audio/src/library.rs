//! Calls into the decoding libraries. Some damage makes them panic, which is then the file's failure
//! and not ours; what panicked is not used again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{Error, Result};

/// What was wrong stands on standard error: the words of a panic say nothing to whoever sent the file.
pub fn call<T>(body: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body))
        .map_err(|_| Error::invalid("it is damaged so badly that its decoder gives up"))
}
