//! Calls the decoding libraries. Some damaged files make them panic. Such a panic counts as a
//! damaged file, and the panicked decoder is not used again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{Error, Result};

/// The panic message goes to standard error. The client gets a general message, because the panic
/// message does not help the client.
pub fn call<T>(body: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body))
        .map_err(|_| Error::invalid("it is damaged so badly that its decoder gives up"))
}
