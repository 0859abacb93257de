//! Calls the decoding libraries. They panic on some damaged files. This code converts a panic to
//! the error for a damaged file. After a panic, the caller does not use the decoder any more.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::status::{Error, Result};

/// Calls the library and converts a panic to an error. The panic hook prints the panic message to
/// standard error. The error has a general message, because the panic message would not help the
/// client.
pub fn call<T>(body: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(body))
        .map_err(|_| Error::invalid("it is damaged so badly that its decoder failed"))
}
